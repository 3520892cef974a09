//! Every target on its whole corpus, then on seeded mutations of it.

use std::panic::catch_unwind;

use tidings_fuzz::mutate::Mutator;
use tidings_fuzz::{TARGETS, Target, corpus};

/// Mutations of each target's corpus.
const MUTATIONS: usize = 10_000;
const SEED: u64 = 26;

#[track_caller]
fn passes(target: Target, name: &str, input: &[u8]) {
    if catch_unwind(|| (target.run)(input)).is_err() {
        panic!("{} fails on {name}: {}", target.name, input.escape_ascii());
    }
}

#[test]
fn every_sample_passes() {
    for target in TARGETS {
        let samples = corpus::samples(target.name).expect("every target has its samples");
        assert!(samples.len() >= 4, "{} has only {} samples", target.name, samples.len());
        for (name, input) in samples {
            passes(target, &name, &input);
        }
    }
}

#[test]
fn thousands_of_mutations_pass() {
    for target in TARGETS {
        let samples = corpus::samples(target.name).expect("every target has its samples");
        let mut mutator = Mutator::new(SEED, samples.into_iter().map(|(_, input)| input).collect());
        for n in 0..MUTATIONS {
            let input = mutator.next_input();
            passes(target, &format!("mutation {n} of seed {SEED}"), &input);
        }
    }
}

#[test]
fn a_fault_is_seen() {
    let planted = tidings_fuzz::by_name("planted").expect("it is there for this");
    assert!(catch_unwind(|| (planted.run)(b"doubt")).is_err());
    assert!(catch_unwind(|| (planted.run)(b"doub")).is_ok());
}
