//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures Tidings: server and simulator as processes of their own, durable commits, one machine.
#[derive(Debug, Clone, Parser)]
#[command(name = "tidings-bench", version, max_term_width = 80)]
pub struct Args {
    /// The store to measure; PostgreSQL is reached by TIDINGS_BENCH_POSTGRES_URL.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub engine: Engine,
    /// A tenth of everything; the figures are rougher.
    #[arg(long)]
    pub quick: bool,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
    /// Measure only these; a figure that was not measured is null. Growth is
    /// measured only where it is named here or by --stored.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PHASE,…")]
    pub phases: Vec<Phase>,
    /// Messages stored before growth is measured: 5,000,000, or 500,000 of a
    /// quick run. They need about 2.6 GB a million (PostgreSQL 3.8 GB).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    pub stored: Option<u32>,
    /// The server's executable; the one beside this program otherwise.
    #[arg(long, value_name = "PATH")]
    pub tidings: Option<PathBuf>,
    /// Where the temporary stores are made; must be on the disk to be measured.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Append the results and the machine's description to this Markdown file.
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Phase {
    /// Raw HTTP, raw inserts and fsync of this machine.
    Yardsticks,
    /// Single accepts.
    Single,
    /// Batch accepts.
    Batch,
    /// Latency of an accept at a fixed rate.
    Latency,
    /// Whole lifecycles, each receipt a webhook of its own.
    Lifecycle,
    /// Whole lifecycles, receipts in batches.
    Batched,
    /// Whole lifecycles with every rule of policy on, and the dry run of an
    /// audience.
    Policy,
    /// One-time passwords before a backlog.
    Otp,
    /// The first submission after a restart with a backlog.
    Restart,
    /// Whole lifecycles with few and with very many messages stored.
    Growth,
}

impl Args {
    pub fn wants(&self, phase: Phase) -> bool {
        match phase {
            // It takes minutes and gigabytes, so it has to be asked for.
            Phase::Growth => self.stored.is_some() || self.phases.contains(&phase),
            _ => self.phases.is_empty() || self.phases.contains(&phase),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line() {
        for (line, good) in [
            ("", true),
            ("--quick --json --engine postgres", true),
            ("--engine=sqlite --phases lifecycle,otp", true),
            ("--phases nonsense", false),
            ("--stored 2000000 --phases growth", true),
            ("--stored 0", false),
            ("--stored 900000000", false),
            ("--engine oracle", false),
            ("--results", false),
        ] {
            let words = std::iter::once("tidings-bench").chain(line.split_whitespace());
            assert_eq!(Args::try_parse_from(words).is_ok(), good, "{line}");
        }
    }

    #[test]
    fn all_phases_unless_some_are_named() {
        let all = Args::parse_from(["tidings-bench"]);
        assert!(all.wants(Phase::Otp) && all.wants(Phase::Yardsticks));
        let some = Args::parse_from(["tidings-bench", "--phases", "single,batch"]);
        assert!(some.wants(Phase::Batch) && !some.wants(Phase::Otp));
        assert!(!all.wants(Phase::Growth), "it has to be asked for");
        for line in ["--phases growth", "--stored 1000", "--phases lifecycle --stored 1000"] {
            let asked = Args::parse_from(std::iter::once("tidings-bench").chain(line.split_whitespace()));
            assert!(
                asked.wants(Phase::Growth) && !asked.wants(Phase::Otp) || line == "--stored 1000",
                "{line}"
            );
        }
    }
}
