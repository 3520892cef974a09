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
    cluster: Option<Cluster>,
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
        drop(setting.cluster);
    }
    if options.long {
        steps.run("fuzz", || crate::fuzz::run(&[]));
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
    drop(setting.cluster);
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
    if options.leaves_out("mta") {
        println!("Mail server: left out by choice, and with it the tests of e-mail with one");
    } else {
        let exim = machine::obtain(&machine::MTA, machine::exim)?;
        variables.push(("TIDINGS_TEST_EXIM", exim.into()));
    }
    if options.leaves_out("smpp") {
        println!("SMPP server: left out by choice, and with it the tests of SMS by SMPP");
    } else {
        let python = machine::smpp_python(&command::target_directory()?)?;
        variables.push(("TIDINGS_TEST_SMPP_PYTHON", python.into()));
    }
    if !options.without.is_empty() {
        variables.push(("TIDINGS_TEST_WITHOUT", options.without().into()));
    }
    if options.long {
        variables.push(("TIDINGS_TEST_LONG", "1".into()));
    }
    let binary = command::target_directory()?.join("debug/tidings");
    variables.push(("TIDINGS_TEST_BIN", binary.into()));
    Ok(Setting { variables, cluster })
}

/// Shows what cargo prints as it comes, and counts along.
fn run_tests(options: &Options, setting: &Setting, counts: &mut Counts) -> Result<()> {
    let mut command = command::cargo(TEST);
    if options.long {
        command.args(["--", "--include-ignored"]);
    }
    for name in ["POSTGRES_URL", "CHROMIUM", "EXIM", "SMPP_PYTHON", "WITHOUT", "LONG"] {
        command.env_remove(format!("TIDINGS_TEST_{name}"));
    }
    command.envs(setting.variables.iter().map(|(name, value)| (name, value)));
    let mut cargo = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let lines = BufReader::new(cargo.stdout.take().expect("it was piped just above"));
    show_and_count(lines, &mut std::io::stdout(), counts)?;
    let status = cargo.wait()?;
    if !status.success() {
        bail!("cargo test: {status}");
    }
    Ok(())
}

fn show_and_count(mut lines: impl BufRead, terminal: &mut impl Write, counts: &mut Counts) -> Result<()> {
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        counts.read(&String::from_utf8_lossy(&line));
        terminal.write_all(&line)?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_shown_as_it_came_and_counted() {
        let output =
            b"\xff not UTF-8\ntest result: ok. 3 passed; 0 failed; 0 ignored\nno line break".as_slice();
        let (mut shown, mut counts) = (Vec::new(), Counts::default());
        show_and_count(output, &mut shown, &mut counts).expect("reads");
        assert_eq!(shown, output);
        assert_eq!(counts, Counts { passed: 3, failed: 0 });
    }

    #[test]
    fn what_is_left_out_is_told_to_the_tests_and_not_set_up() {
        let args = ["--without=postgres,browser,mta,smpp", "--long"].map(String::from);
        let setting = set_up(&Options::parse(&args).expect("options")).expect("nothing to set up");
        let names: Vec<&str> = setting.variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["TIDINGS_TEST_WITHOUT", "TIDINGS_TEST_LONG", "TIDINGS_TEST_BIN"]);
        assert_eq!(setting.variables[0].1, "browser,mta,postgres,smpp");
        assert!(setting.cluster.is_none());
    }
}
