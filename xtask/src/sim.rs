//! `cargo xtask sim`: replays the simulation of the whole engine; the arguments are the simulation's own.

use crate::command;
use anyhow::Result;
use std::process::ExitCode;

const RUN: &[&str] = &["run", "--quiet", "--locked", "-p", "tidings-tests", "--bin", "simulate", "--"];

pub fn run(args: &[String]) -> Result<ExitCode> {
    let status = command::status(command::cargo(RUN).args(args))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
