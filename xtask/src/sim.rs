//! `cargo xtask sim`: replays the simulation of the whole engine; the arguments are the simulation's own, but
//! for `--release`, which is worth its compilation when there are thousands of seeds to play.

use crate::command;
use anyhow::Result;
use std::process::ExitCode;

const RUN: &[&str] = &["run", "--quiet", "--locked", "-p", "tidings-tests", "--bin", "simulate"];
const RELEASE: &str = "--release";

pub fn run(args: &[String]) -> Result<ExitCode> {
    let (release, args): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| *arg == RELEASE);
    let mut command = command::cargo(RUN);
    command.args(release).arg("--").args(args);
    let status = command::status(&mut command)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
