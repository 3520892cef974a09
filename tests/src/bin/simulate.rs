//! Plays seeds of the simulation: `simulate --seed N`, `simulate --seeds A..B`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::ops::Range;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use tidings_tests::simulation;

const USAGE: &str = "simulate [--seed N | --seeds A..B] [--long]";
/// Seeds that are played unless told otherwise.
const SEEDS: Range<u64> = 1..21;
const LONG_SEEDS: Range<u64> = 1..20_001;
/// Failures after which the rest is left out.
const FAILURES_MAX: usize = 5;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match seeds(&args) {
        Ok(seeds) => play(seeds),
        Err(error) => {
            eprintln!("{error:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn seeds(args: &[String]) -> Result<Range<u64>> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => Ok(SEEDS),
        ["--long"] => Ok(LONG_SEEDS),
        ["--seed", seed] => {
            let seed: u64 = seed.parse().context("a seed is a number")?;
            Ok(seed..seed + 1)
        }
        ["--seeds", range] => {
            let (from, to) = range.split_once("..").context("seeds are written A..B")?;
            Ok(from.parse()?..to.parse()?)
        }
        _ => bail!("this is not understood: {}", args.join(" ")),
    }
}

fn play(seeds: Range<u64>) -> ExitCode {
    let mut failed = 0;
    for seed in seeds.clone() {
        match simulation::run(seed) {
            Ok(run) => println!(
                "seed {seed}: {} messages, {} submissions, {} lives, {} virtual s, trace {:016x}, {:?}",
                run.messages, run.submissions, run.lives, run.virtual_s, run.trace, run.statuses
            ),
            Err(failure) => {
                failed += 1;
                eprintln!("{failure}\n");
                if failed >= FAILURES_MAX {
                    break;
                }
            }
        }
    }
    if failed > 0 {
        eprintln!("{failed} of the seeds {seeds:?} failed");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
