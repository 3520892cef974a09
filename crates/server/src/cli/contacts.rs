//! `tidings contact …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{List, Server};

#[derive(Debug, Subcommand)]
pub enum Contact {
    /// All contacts, newest first.
    List(List),
    /// One contact: who it is, and what became of it.
    Show(Person),
    /// Make a contact, or change what is known of one.
    Set {
        /// A number, user id or e-mail address.
        #[arg(long)]
        to: String,
        /// How you call the person; empty takes it away.
        #[arg(long)]
        name: Option<String>,
        /// A language's code; empty takes it away.
        #[arg(long, value_name = "CODE")]
        language: Option<String>,
        /// A time zone by its place, such as Europe/Berlin; empty takes it away.
        #[arg(long, value_name = "ZONE")]
        time_zone: Option<String>,
        /// An attribute that is declared; an empty value takes it away.
        #[arg(long = "attribute", value_name = "NAME=VALUE")]
        attributes: Vec<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Import a CSV table; good lines count, bad ones come back.
    Import {
        /// The table; its first line names the columns (phone, bsuid, email, name, language, time_zone, attributes.NAME).
        file: PathBuf,
        /// Where the refused lines go, as CSV.
        #[arg(long, value_name = "FILE")]
        refused: Option<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    /// Take all contacts along as a table, or everything that is known of one.
    Export {
        /// `con_…`, a number, user id or e-mail address: one person, as JSON.
        person: Option<String>,
        #[arg(long, value_enum, default_value = "csv", conflicts_with = "person")]
        format: TableFormat,
        /// Where it goes; stdout unless given.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    /// Erase a person for good; what honours their choices stays.
    Erase {
        #[command(flatten)]
        who: Person,
        /// Say that it is meant: nothing brings the person back.
        #[arg(long)]
        yes: bool,
    },
    /// Make two contacts one; the older one is left.
    Merge {
        /// `con_…`, a number, user id or e-mail address.
        one: String,
        /// The other one, named in the same way.
        other: String,
        #[command(flatten)]
        server: Server,
    },
    /// Take an address out of a contact: it is somebody else's.
    Split {
        #[command(flatten)]
        who: Person,
        /// The address that becomes a contact of its own.
        #[arg(long)]
        address: String,
    },
    /// Attributes that contacts may have, with their types.
    Attributes(Server),
    /// Declare an attribute.
    Declare {
        name: String,
        /// What its values are.
        #[arg(value_parser = ["text", "number", "boolean", "date"])]
        kind: String,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Debug, Args)]
pub struct Person {
    /// `con_…`, a number, user id or e-mail address.
    pub who: String,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Csv,
    Ndjson,
}
