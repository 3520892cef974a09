//! `cargo xtask test`: everything CI checks, in order. A failed step does not hide the ones behind it, but the
//! tests run only when what they need is there.

mod counts;
mod options;

use crate::command;
use crate::machine;
use crate::postgres::{self, Cluster};
use crate::steps::Steps;
use crate::tidy;
use anyhow::{Context, Result, bail};
use counts::Counts;
use options::Options;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};

const FORMAT: &[&str] = &["fmt", "--all", "--check"];
const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
const BUILD: &[&str] = &["build", "--workspace", "--bins", "--locked"];
const TEST: &[&str] = &["test", "--workspace", "--locked", "--no-fail-fast"];

/// What was set up for the tests. The cluster stops when this goes.
struct Setting {
    variables: Vec<(&'static str, OsString)>,
    _cluster: Option<Cluster>,
}

pub fn run(args: &[String]) -> Result<ExitCode> {
    let options = Options::parse(args)?;
    let mut steps = Steps::default();
    let mut counts = Counts::default();
    steps.run("format", || command::run(&mut command::cargo(FORMAT)));
    steps.run("tidy", || tidy::check(false));
    steps.run("clippy", || command::run(&mut command::cargo(CLIPPY)));
    if let Some(setting) = steps.run("setup", || set_up(&options))
        && steps.run("build", || command::run(&mut command::cargo(BUILD))).is_some()
    {
        steps.run("tests", || run_tests(&options, &setting, &mut counts));
        drop(setting);
    }
    println!("\n{}", steps.table());
    if !options.without.is_empty() {
        println!("left out by choice: {}", options.without());
    }
    println!("{counts}");
    Ok(if steps.all_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Only the step that sets up the machine: whoever prepares one sees what it gets.
pub fn setup_only(args: &[String]) -> Result<ExitCode> {
    let setting = set_up(&Options::parse(args)?)?;
    for (name, value) in &setting.variables {
        println!("{name}={}", value.to_string_lossy());
    }
    Ok(ExitCode::SUCCESS)
}

fn set_up(options: &Options) -> Result<Setting> {
    let mut variables: Vec<(&'static str, OsString)> = Vec::new();
    let mut cluster = None;
    if options.leaves_out("postgres") {
        println!("PostgreSQL server: left out by choice, and with it the tests on PostgreSQL");
    } else {
        let programs = machine::obtain(&machine::POSTGRES, machine::postgres_programs)?;
        let started = Cluster::start(&programs, postgres::FOR_TESTS)?;
        variables.push(("TIDINGS_TEST_POSTGRES_URL", started.url().into()));
        cluster = Some(started);
    }
    if options.leaves_out("browser") {
        println!("Chromium: left out by choice, and with it the console's tests in a browser");
    } else {
        let chromium = machine::obtain(&machine::CHROMIUM, machine::chromium)?;
        variables.push(("TIDINGS_TEST_CHROMIUM", chromium.into()));
    }
    if !options.without.is_empty() {
        variables.push(("TIDINGS_TEST_WITHOUT", options.without().into()));
    }
    if options.long {
        variables.push(("TIDINGS_TEST_LONG", "1".into()));
    }
    let binary = command::target_directory()?.join("debug/tidings");
    variables.push(("TIDINGS_TEST_BIN", binary.into()));
    Ok(Setting { variables, _cluster: cluster })
}

/// Shows what cargo prints as it comes, and counts along.
fn run_tests(options: &Options, setting: &Setting, counts: &mut Counts) -> Result<()> {
    let mut command = command::cargo(TEST);
    if options.long {
        command.args(["--", "--include-ignored"]);
    }
    for name in ["POSTGRES_URL", "CHROMIUM", "WITHOUT", "LONG"] {
        command.env_remove(format!("TIDINGS_TEST_{name}"));
    }
    command.envs(setting.variables.iter().map(|(name, value)| (name, value)));
    let mut cargo = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let mut lines = BufReader::new(cargo.stdout.take().expect("it was piped just above"));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        counts.read(&String::from_utf8_lossy(&line));
        std::io::stdout().write_all(&line)?;
        line.clear();
    }
    let status = cargo.wait()?;
    if !status.success() {
        bail!("cargo test: {status}");
    }
    Ok(())
}
