//! Plays seeds of the simulation: `simulate --seed N`, `simulate --seeds A..B`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::ops::Range;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use tidings_tests::simulation::{Plan, Summary, Totals, explain, run_many};

const USAGE: &str = "simulate [--seed N | --seeds A..B] [--long] [--threads N] [--raw]";
/// Seeds that are played unless told otherwise.
const SEEDS: Range<u64> = 1..21;
const LONG_SEEDS: Range<u64> = 1..20_001;
/// Runs up to which each one has a line; more are only counted.
const LINES_MAX: u64 = 100;
/// Seeds between two words about a long run.
const WORD_EVERY: u64 = 500;
/// Failures after which the rest is left out.
const FAILURES_MAX: usize = 5;

struct Wish {
    seeds: Range<u64>,
    threads: usize,
    /// Failing seeds are shown as they are, and not made shorter.
    raw: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match wish(&args) {
        Ok(wish) => play(&wish),
        Err(error) => {
            eprintln!("{error:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn wish(args: &[String]) -> Result<Wish> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut wish = Wish { seeds: SEEDS, threads, raw: false };
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg {
            "--long" => wish.seeds = LONG_SEEDS,
            "--seed" => {
                let seed: u64 = value()?.parse().context("a seed is a number")?;
                wish.seeds = seed..seed + 1;
            }
            "--seeds" => {
                let (from, to) = value()?.split_once("..").context("seeds are written A..B")?;
                wish.seeds = from.parse()?..to.parse()?;
            }
            "--raw" => wish.raw = true,
            "--threads" => wish.threads = value()?.parse().context("threads are a number")?,
            _ => bail!("this is not understood: {arg}"),
        }
    }
    Ok(wish)
}

fn play(wish: &Wish) -> ExitCode {
    let seeds = wish.seeds.clone();
    let many = seeds.end.saturating_sub(seeds.start) > LINES_MAX;
    let (totals, failures) = run_many(seeds.clone(), wish.threads, FAILURES_MAX, |seed, ended| match ended {
        Ok(run) if !many => println!("{}", line(run)),
        Ok(_) if seed % WORD_EVERY == 0 => eprintln!("seed {seed} has ended"),
        Ok(_) => {}
        Err(trouble) => eprintln!("seed {seed} failed:\n{trouble}"),
    });
    print(&totals);
    if failures.is_empty() {
        return ExitCode::SUCCESS;
    }
    let failed: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
    for (seed, trouble) in failures.into_iter().filter(|_| !wish.raw) {
        eprintln!("{}\n", explain(Plan::new(seed), trouble));
    }
    eprintln!("seeds {failed:?} of {seeds:?} failed");
    ExitCode::FAILURE
}

fn line(run: &Summary) -> String {
    format!(
        "seed {}: {} messages, {} submissions, {} lives, {} virtual s, trace {:016x}, {:?}",
        run.seed, run.messages, run.submissions, run.lives, run.virtual_s, run.trace, run.statuses
    )
}

fn print(totals: &Totals) {
    println!(
        "{} runs, {} messages, {} submissions, {} lives, {:.1} virtual hours",
        totals.runs,
        totals.messages,
        totals.submissions,
        totals.lives,
        totals.virtual_s as f64 / 3_600.0
    );
    for (kind, count) in &totals.faults {
        println!("  {count:>10} {kind}");
    }
}
