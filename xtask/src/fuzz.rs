//! `cargo xtask fuzz`: every target under libFuzzer, guided by coverage, on the stable toolchain.
//!
//! The coverage comes from LLVM's own pass, which rustc lets anyone ask for; libFuzzer comes as source with its
//! crate. Before the targets a planted fault has to be found, which nobody finds by chance.

use crate::command;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// As `tidings_fuzz::TARGETS` names them.
pub const TARGETS: [&str; 8] =
    ["webhook", "signature", "graph_error", "templates", "intent", "phone", "bsuid", "type_id"];
const PLANTED: &str = "planted";
/// Seconds for each target, unless told.
const SECONDS: u64 = 60;
/// Seconds in which the planted fault has to be found.
const PLANTED_SECONDS: u64 = 300;
/// Bytes of an input.
const INPUT_BYTES_MAX: usize = 16 * 1024;
/// Mebibytes that a target may use.
const MEMORY_MB: usize = 1024;
const FLAGS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
];

struct Plan {
    seconds: u64,
    targets: Vec<String>,
}

struct Fuzzer {
    program: PathBuf,
    /// What the fuzzer learns, beside what is built.
    work: PathBuf,
}

pub fn run(args: &[String]) -> Result<ExitCode> {
    let plan = read(args)?;
    let fuzzer = build()?;
    fuzzer.proves_itself()?;
    let mut failed = Vec::new();
    for target in &plan.targets {
        if !fuzzer.fuzz(target, plan.seconds)? {
            failed.push(target.as_str());
        }
    }
    if !failed.is_empty() {
        bail!("{} failed; the inputs are in {}", failed.join(", "), fuzzer.work.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn read(args: &[String]) -> Result<Plan> {
    let mut plan = Plan { seconds: SECONDS, targets: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => {
                plan.seconds = args.next().and_then(|text| text.parse().ok()).context("--seconds N")?;
            }
            name if TARGETS.contains(&name) => plan.targets.push(name.to_owned()),
            other => bail!("`{other}` is no target; these are: {}", TARGETS.join(", ")),
        }
    }
    if plan.targets.is_empty() {
        plan.targets = TARGETS.map(str::to_owned).to_vec();
    }
    Ok(plan)
}

/// Only what is compiled for the named host gets the flags: build scripts stay as they are.
fn build() -> Result<Fuzzer> {
    let host = host()?;
    let folder = command::target_directory()?.join("fuzz");
    let features = ["--features", "guided", "--bin", "guided"];
    let mut cargo = command::cargo(&["build", "--release", "--locked", "-p", "tidings-fuzz"]);
    cargo.args(features).args(["--target", &host]).arg("--target-dir").arg(&folder);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env_remove("RUSTFLAGS");
    command::run(&mut cargo)?;
    let program = folder.join(&host).join("release/guided");
    Ok(Fuzzer { program, work: folder.join("found") })
}

fn host() -> Result<String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let version = command::output(rustc.arg("-vV"))?;
    let line = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc names its host")?.to_owned())
}

impl Fuzzer {
    fn start(&self, target: &str, seconds: u64, corpus: &[&Path]) -> Result<(bool, String)> {
        let folder = self.work.join(target);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let mut command = Command::new(&self.program);
        command.env("TIDINGS_FUZZ_TARGET", target).current_dir(&folder).args(corpus);
        command.args(["-print_final_stats=1", "-timeout=10", "-verbosity=1", "-close_fd_mask=0"]);
        command.arg(format!("-max_total_time={seconds}")).arg(format!("-rss_limit_mb={MEMORY_MB}"));
        command.arg(format!("-max_len={INPUT_BYTES_MAX}"));
        let output = command.stdin(Stdio::null()).output().context("the fuzzer starts")?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    fn proves_itself(&self) -> Result<()> {
        let (passed, said) = self.start(PLANTED, PLANTED_SECONDS, &[])?;
        ensure!(!passed, "the planted fault was not found in {PLANTED_SECONDS} s: coverage does not guide");
        ensure!(said.contains("the planted fault was found"), "the fuzzer failed by itself:\n{said}");
        println!("{PLANTED:<12} found, as it has to be");
        Ok(())
    }

    fn fuzz(&self, target: &str, seconds: u64) -> Result<bool> {
        let learned = self.work.join(target).join("corpus");
        std::fs::create_dir_all(&learned).with_context(|| learned.display().to_string())?;
        let samples = command::root().join("fuzz/corpus").join(target);
        let (passed, said) = self.start(target, seconds, &[&learned, &samples])?;
        if passed {
            println!("{target:<12} {}", summary(&said));
        } else {
            println!("{target:<12} FAILED\n{said}");
        }
        Ok(passed)
    }
}

/// What libFuzzer says at its end, in one line.
fn summary(said: &str) -> String {
    let stat = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
        line.map_or("?", str::trim).to_owned()
    };
    let covered = said
        .lines()
        .rev()
        .find_map(|line| line.split_once(" cov: "))
        .map_or("?", |(_, rest)| rest.split_whitespace().next().unwrap_or("?"));
    format!(
        "{} executions, {} a second, {covered} edges covered, {} inputs learned",
        stat("number_of_executed_units"),
        stat("average_exec_per_sec"),
        stat("new_units_added"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn arguments_choose_targets_and_time() {
        let plan = read(&strings("intent --seconds 5 phone")).expect("arguments");
        assert_eq!((plan.seconds, plan.targets), (5, strings("intent phone")));
        let plan = read(&[]).expect("none is all");
        assert_eq!((plan.seconds, plan.targets.len()), (SECONDS, TARGETS.len()));
        for line in ["--seconds", "--seconds soon", "planted", "--fast"] {
            assert!(read(&strings(line)).is_err(), "{line}");
        }
    }

    #[test]
    fn every_target_has_its_samples() {
        for target in TARGETS {
            assert!(command::root().join("fuzz/corpus").join(target).is_dir(), "{target}");
        }
    }

    #[test]
    fn the_last_words_are_summed_up() {
        let said = "#8\tNEW    cov: 7 ft: 9\n#9\tDONE   cov: 12 ft: 20 corp: 3/9b\n\
            stat::number_of_executed_units: 900\nstat::average_exec_per_sec:     90\nstat::new_units_added: 4\n";
        assert_eq!(summary(said), "900 executions, 90 a second, 12 edges covered, 4 inputs learned");
        assert_eq!(summary(""), "? executions, ? a second, ? edges covered, ? inputs learned");
    }
}
