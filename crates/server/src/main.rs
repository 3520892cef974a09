//! The `tidings` binary: reads the configuration, composes the parts, runs a command.

mod api;
mod cli;
mod clock;
mod commands;
mod compose;
mod config;
mod data_dir;
mod limits;
mod logging;
mod mailroom;
mod master_key;
mod output;
mod process;
mod table;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A command did not do what was asked.
const FAILED: u8 = 1;
/// The command line makes no sense.
const USAGE: u8 = 2;

/// The simulator answers in microseconds and is mostly run beside what it tests: one thread is enough for it, and
/// costs less than two that pass work to each other.
fn runtime(cli: &cli::Cli) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match cli.command {
        cli::Command::Sim(_) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let asked_for = !error.use_stderr();
            // Nobody can be told that the terminal is gone.
            let _ = error.print();
            return if asked_for { ExitCode::SUCCESS } else { ExitCode::from(USAGE) };
        }
    };
    let out = output::Out { json: cli.json };
    let runtime = match runtime(&cli) {
        Ok(runtime) => runtime,
        Err(error) => {
            out.note(&format!("error: the runtime cannot start: {error}"));
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(commands::run(cli, out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(commands::Failure::Usage(words)) => {
            out.note(&format!("error: {words}"));
            ExitCode::from(USAGE)
        }
        Err(commands::Failure::Said) => ExitCode::from(FAILED),
        Err(commands::Failure::Failed(error)) => {
            out.note(&format!("error: {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}
