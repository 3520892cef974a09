//! `tidings template …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{ById, List, Server};

#[derive(Debug, Subcommand)]
pub enum Template {
    /// Read the templates of an account from the platform.
    Sync {
        account: String,
        #[command(flatten)]
        server: Server,
    },
    /// List what the platform has.
    List(List),
    /// Take templates of the platform into the catalogue: those named, or all that it does not know.
    Adopt {
        names: Vec<String>,
        /// Of this account only.
        #[arg(long)]
        account: Option<String>,
        /// KEY=VALUE, for each of them.
        #[arg(long = "tag")]
        tags: Vec<String>,
        #[arg(long, default_value = "")]
        owner: String,
        #[command(flatten)]
        server: Server,
    },
    /// Say what the platform would object to in a template; needs no server.
    Lint {
        /// A JSON file, or `-`.
        file: PathBuf,
    },
    /// Put a template into the catalogue.
    Create {
        name: String,
        /// `utility`, `marketing` or `authentication`.
        #[arg(long)]
        category: String,
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        /// A JSON file with tags, variables, variants, substitute, fallback texts.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    /// Change the settings of a template of the catalogue.
    Set {
        /// `cat_…`
        id: String,
        /// A JSON file with the fields to replace.
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
    /// List the catalogue.
    Catalogue(Server),
    /// Show a template of the catalogue and its versions.
    Show(ById),
    /// Draft a version from a JSON file with `components`.
    Draft {
        /// The template, `cat_…`.
        id: String,
        file: PathBuf,
        #[arg(long)]
        language: String,
        #[arg(long)]
        variant: Option<String>,
        #[arg(long, default_value = "")]
        note: String,
        /// The version that this one corrects, `tvr_…`.
        #[arg(long, value_name = "VERSION")]
        based_on: Option<String>,
        /// Take it although the linter refuses it (administrators; it is recorded).
        #[arg(long)]
        override_lint: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Take a step with a version: review, sign_off, return, submit, archive.
    Step {
        /// `tvr_…`
        version: String,
        step: String,
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        server: Server,
    },
    /// Show a version with its history.
    Version(ById),
    /// Go back to a version.
    RollBack(ById),
    /// Compare a version with the one before it, or with another.
    Diff {
        version: String,
        #[arg(long, value_name = "VERSION")]
        against: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Show a version as its recipient will see it.
    Preview {
        version: String,
        /// A value, such as `first_name=Ada`; samples stand in for the others.
        #[arg(long = "set", value_name = "NAME=VALUE")]
        values: Vec<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Show the tenant's rules about templates, or set them from a JSON file.
    Rules {
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    /// Count approval times and rejection reasons by template, language and month.
    Stats(Server),
}
