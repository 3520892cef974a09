//! `cargo xtask bench`: a release build of the server and of the benchmark, then the benchmark.
//! Its standard output is left to the benchmark alone, which may print one JSON object there.

use crate::command;
use crate::machine;
use crate::postgres::{self, Cluster};
use anyhow::{Context, Result};
use std::process::{Command, ExitCode};

const BUILD: &[&str] = &["build", "--release", "--locked", "-p", "tidings", "-p", "tidings-bench", "--bins"];

pub fn run(args: &[String]) -> Result<ExitCode> {
    command::run(&mut command::cargo(BUILD))?;
    let mut bench = Command::new(command::target_directory()?.join("release/tidings-bench"));
    bench.args(args).current_dir(command::root());
    let cluster = if engine_of(args) == Some("postgres") { Some(start_cluster()?) } else { None };
    if let Some(cluster) = &cluster {
        bench.env("TIDINGS_BENCH_POSTGRES_URL", cluster.url());
        bench.env("TIDINGS_BENCH_POSTGRES_PID", cluster.pid().to_string());
    }
    let status = command::status(&mut bench)?;
    drop(cluster);
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn start_cluster() -> Result<Cluster> {
    let programs = machine::postgres_programs();
    let programs =
        programs.context("PostgreSQL server is missing (`cargo xtask setup` installs it where it may)")?;
    Cluster::start(&programs, postgres::FOR_BENCH)
}

fn engine_of(args: &[String]) -> Option<&str> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if let Some(engine) = arg.strip_prefix("--engine=") {
            return Some(engine);
        }
        if arg == "--engine" {
            return args.next().map(String::as_str);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_read_in_both_spellings() {
        let engine = |line: &str| {
            let args: Vec<String> = line.split_whitespace().map(String::from).collect();
            engine_of(&args).map(String::from)
        };
        assert_eq!(engine("--quick --engine postgres --json").as_deref(), Some("postgres"));
        assert_eq!(engine("--engine=sqlite").as_deref(), Some("sqlite"));
        assert_eq!(engine("--quick"), None);
        assert_eq!(engine("--engine"), None);
    }
}
