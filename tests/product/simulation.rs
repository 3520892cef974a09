//! Twenty seeds of the whole engine with faults and crashes, on a virtual clock.

use tidings_tests::simulation::run;

#[track_caller]
fn passes(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        if let Err(failure) = run(seed) {
            panic!("{failure}");
        }
    }
}

#[test]
fn seeds_1_to_5() {
    passes(1..6);
}

#[test]
fn seeds_6_to_10() {
    passes(6..11);
}

#[test]
fn seeds_11_to_15() {
    passes(11..16);
}

#[test]
fn seeds_16_to_20() {
    passes(16..21);
}

#[test]
#[ignore = "long: `cargo xtask test --long`"]
fn many_seeds() {
    passes(21..5_000);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [3, 4, 9] {
        let (one, two) = (run(seed), run(seed));
        match (one, two) {
            (Ok(one), Ok(two)) => assert_eq!(one, two),
            (one, two) => panic!("{one:?}\n{two:?}"),
        }
    }
}
