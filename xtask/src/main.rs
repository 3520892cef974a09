//! The project's chores. `test` is what CI runs; `tidy` keeps the shape that `ARCHITECTURE.md` promises;
//! `bench` measures; `sim` replays; `fuzz` feeds the parsers. This crate compiles before everything else, so it
//! depends on next to nothing.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command-line chore: it talks to a terminal, reads the environment and measures time"
)]

mod bench;
mod command;
mod fuzz;
mod machine;
mod postgres;
mod sim;
mod steps;
mod test;
mod tidy;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <chore>

  test  [--without postgres] [--without browser] [--without mta] [--long]
        everything CI checks: format, tidy, clippy, and every test, on SQLite and PostgreSQL
  tidy  [--stats]
        the project's own rules; --stats prints how long files and functions are
  setup [--without postgres] [--without browser] [--without mta]
        only what `test` would set up on this machine, started once and stopped again
  bench [--engine sqlite|postgres] [--quick] [--json] ...
        release build, then the benchmark; PostgreSQL gets a throw-away cluster
  sim   [--seed N | --seeds A..B] [--long] [--threads N] [--raw] [--release]
        replay the simulation of the whole engine from a seed
  fuzz  [--seconds N] [webhook|signature|graph_error|templates|intent|phone|bsuid|type_id] ...
        the parsers that strangers feed, under a fuzzer that is guided by coverage
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<ExitCode> {
    let Some((chore, rest)) = args.split_first() else {
        print!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    match chore.as_str() {
        "test" => test::run(rest),
        "tidy" => tidy::run(rest),
        "setup" => test::setup_only(rest),
        "bench" => bench::run(rest),
        "sim" => sim::run(rest),
        "fuzz" => fuzz::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no chore is called `{other}`\n\n{USAGE}"),
    }
}
