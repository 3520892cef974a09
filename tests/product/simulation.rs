//! The whole engine on a virtual clock, from seeds: faults, crashes, and planted bugs that must be noticed.
#![expect(clippy::print_stderr, reason = "the figures of a run")]

use tidings_tests::simulation::{Plan, Planted, Summary, explain, run, run_many, run_planned};

/// Seeds that every run of the tests plays.
const SEEDS: u64 = 500;
/// Failing seeds after which the rest is left out.
const FAILURES_MAX: usize = 3;

#[track_caller]
fn pass(seeds: std::ops::Range<u64>) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (totals, failures) = run_many(seeds, threads, FAILURES_MAX, |_, _| {});
    if let Some((seed, trouble)) = failures.into_iter().next() {
        panic!("{}", explain(Plan::new(seed), trouble));
    }
    eprintln!("{totals:?}");
}

#[test]
fn seeds_of_every_run() {
    pass(1..SEEDS + 1);
}

#[test]
#[ignore = "long: `cargo xtask test --long`"]
fn many_seeds() {
    pass(SEEDS + 1..5_000);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 1..21 {
        let (one, two) = (run(seed), run(seed));
        match (one, two) {
            (Ok(one), Ok(two)) => assert_eq!(one, two),
            (one, two) => panic!("seed {seed}: {:?} {:?}", said(one), said(two)),
        }
    }
}

fn said(run: Result<Summary, tidings_tests::simulation::Trouble>) -> Vec<String> {
    run.map_or_else(|trouble| trouble.broken, |_| Vec::new())
}

/// Seeds that a planted bug may take until it is noticed.
const PATIENCE: std::ops::Range<u64> = 1..120;

/// Plays seeds with a planted bug until one of the promises is broken.
fn noticed(planted: Planted, promises: &[&str]) {
    for seed in PATIENCE {
        let plan = Plan { planted: Some(planted), ..Plan::new(seed) };
        let Err(trouble) = run_planned(plan) else { continue };
        let named = |text: &String| promises.iter().any(|promise| text.starts_with(promise));
        assert!(trouble.broken.iter().any(named), "{planted:?} broke something else: {:?}", trouble.broken);
        return;
    }
    panic!("{planted:?} went unnoticed in the seeds {PATIENCE:?}");
}

#[test]
fn a_dropped_message_is_noticed() {
    noticed(Planted::DropAcknowledged, &["store lost", "open"]);
    noticed(Planted::ForgetAcknowledged, &["lost", "store answers"]);
}

#[test]
fn a_submission_without_a_claim_is_noticed() {
    noticed(Planted::SubmitWithoutClaim, &["twice", "foreign", "store"]);
}

#[test]
fn a_submission_that_leaves_twice_is_noticed() {
    noticed(Planted::SubmitTwice, &["twice"]);
}

#[test]
fn a_receipt_that_takes_back_another_is_noticed() {
    noticed(Planted::LastReceiptWins, &["join"]);
}

#[test]
fn an_epoch_that_is_ignored_is_noticed() {
    noticed(Planted::IgnoreEpoch, &["epoch"]);
}

#[test]
fn a_pair_rate_that_is_exceeded_is_noticed() {
    noticed(Planted::ExceedPairRate, &["limit: pair"]);
}
