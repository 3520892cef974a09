//! `tidings policy …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Server;

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show the settings in force.
    Show {
        #[command(flatten)]
        server: Server,
    },
    /// Replace the settings by those of a file.
    Set {
        /// JSON; `-` reads the standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
    /// List the hours in which marketing may go, by country; or what is announced.
    Packs {
        /// Only changes to come, with the templates and senders that they touch.
        #[arg(long)]
        upcoming: bool,
        /// Changes by all tenants that they touch; with the installation key.
        #[arg(long, requires = "upcoming")]
        all_tenants: bool,
        /// Changes as seen from this time.
        #[arg(long, value_name = "TIME", requires = "upcoming")]
        at: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Show what each rule decided in the last day and week.
    Decisions {
        #[command(flatten)]
        server: Server,
    },
    /// List your own rules.
    Rules {
        #[command(flatten)]
        server: Server,
    },
    /// Ask what would be decided about many recipients, counted by rule.
    Audience {
        /// The intent without `to`, as JSON; `-` reads the standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// A number a line; of a CSV file the first column. All contacts unless given.
        #[arg(long, value_name = "FILE")]
        recipients: Option<PathBuf>,
        /// Judge as if it were this time.
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Ask what would be decided about an intent.
    Evaluate {
        /// JSON; `-` reads the standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Judge as if it were this time, such as 2026-11-21T03:00:00Z.
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        #[command(flatten)]
        server: Server,
    },
}
