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
    /// Measure only these; a figure that was not measured is null.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PHASE,…")]
    pub phases: Vec<Phase>,
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
    /// One-time passwords before a backlog.
    Otp,
}

impl Args {
    pub fn wants(&self, phase: Phase) -> bool {
        self.phases.is_empty() || self.phases.contains(&phase)
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
    }
}
