//! `tidings verification …`.

use clap::{Args, Subcommand, ValueEnum};

use super::{ById, Server};

#[derive(Debug, Subcommand)]
pub enum Verification {
    /// Send a code to a number.
    Start {
        /// The phone number, such as +4915112345678.
        #[arg(long, value_name = "NUMBER")]
        to: String,
        /// An approved authentication template.
        #[arg(long, value_name = "NAME")]
        template: Option<String>,
        #[arg(long, value_name = "CODE")]
        language: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Say whether a code is the right one.
    Check {
        /// The verification, `ver_…`.
        id: String,
        code: String,
        #[command(flatten)]
        server: Server,
    },
    /// Show where it stands.
    Get(ById),
    /// Send another code.
    Resend(ById),
    /// End it before its time.
    Cancel(ById),
    /// Show how codes fared in the last hours, by country.
    Overview {
        #[arg(long, value_name = "HOURS", default_value_t = 24)]
        hours: u32,
        #[command(flatten)]
        server: Server,
    },
    /// Show how codes are made and limited.
    Settings(Server),
    /// Numbers, prefixes, countries, addresses and devices that are never sent a code.
    Block(Entry),
    /// The same, always sent one, whatever limits say.
    Allow(Entry),
    /// Take an entry off its list.
    Unlist(ById),
    /// Show both lists.
    Lists(Server),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum EntryKind {
    Phone,
    Prefix,
    Country,
    ClientIp,
    Device,
}

#[derive(Debug, Args)]
pub struct Entry {
    pub kind: EntryKind,
    pub value: String,
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub server: Server,
}
