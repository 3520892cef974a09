//! `tidings-bench`: how fast Tidings is on this machine, beside what the machine can do at best.
//!
//! Server and simulator run as processes of their own and are set up through the public API, so nothing is
//! measured that a user does not get. Begin with `phases`.

mod args;
mod clock;
mod figures;
mod limits;
mod load;
mod machine;
mod phases;
mod postgres;
mod proc;
mod progress;
mod results;
mod rig;
mod statistics;
mod stored;
mod table;
mod yardsticks;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use args::{Args, Engine};
use figures::Figures;
use machine::Machine;
use phases::Bench;
use postgres::Postgres;
use rig::Programs;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(format_args!("tidings-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bench = prepare(args)?;
    let machine = Machine::describe(&bench.dir);
    progress::say(machine.line());
    let figures = runtime.block_on(async {
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // Returning drops the rig, and with it ends what was started.
        tokio::select! {
            figures = bench.run() => figures,
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })?;
    report(&bench, &figures, &machine)
}

fn report(bench: &Bench, figures: &Figures, machine: &Machine) -> Result<()> {
    if let Some(file) = &bench.args.results {
        results::append(file, figures, machine, bench.args.quick)?;
    }
    let text = if bench.args.json {
        serde_json::to_string_pretty(&figures.rounded())? + "\n"
    } else {
        table::plain(figures)
    };
    std::io::stdout().lock().write_all(text.as_bytes()).context("cannot print the result")
}

fn prepare(args: Args) -> Result<Bench> {
    let variables = environment();
    let lookup = |wanted: &str| {
        variables
            .iter()
            .find(|(name, _)| name == wanted)
            .and_then(|(_, value)| value.to_str().map(str::to_owned))
    };
    let postgres = match args.engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Postgres {
            admin_url: lookup("TIDINGS_BENCH_POSTGRES_URL").context(
                "TIDINGS_BENCH_POSTGRES_URL is not set; `cargo xtask bench` starts a server and sets it",
            )?,
            pid: lookup("TIDINGS_BENCH_POSTGRES_PID").map(|pid| pid.parse()).transpose()?,
        }),
    };
    let tidings = match &args.tidings {
        Some(path) => path.clone(),
        None => beside_this("tidings")?,
    };
    let tidings = std::fs::canonicalize(&tidings);
    let tidings =
        tidings.context("the server's executable is missing: build it, or name it with --tidings")?;
    let foreign = variables.into_iter().map(|(name, _)| name).collect();
    let dir = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let mut amount = limits::Amount::of(args.quick);
    if let Some(stored) = args.stored {
        amount.stored = usize::try_from(stored)?;
    }
    Ok(Bench { args, amount, programs: Programs { tidings, foreign }, dir, postgres })
}

/// The variables that begin with our name.
fn environment() -> Vec<(OsString, OsString)> {
    #[expect(clippy::disallowed_methods, reason = "read once, here, and passed on")]
    let all = std::env::vars_os();
    all.filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("TIDINGS_"))).collect()
}

fn beside_this(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find out where this program is")?;
    Ok(own.with_file_name(name))
}
