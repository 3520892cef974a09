//! `tidings consent …`

use clap::{Args, Subcommand};

use super::{List, Server};

#[derive(Debug, Subcommand)]
pub enum Consent {
    /// Record that somebody agreed.
    Grant(Said),
    /// Record that somebody does not want it any more.
    Revoke(Said),
    /// The ledger, newest first.
    List {
        #[command(flatten)]
        list: List,
        /// Only of this number, user id or e-mail address.
        #[arg(long)]
        to: Option<String>,
    },
    /// What was held of somebody at a moment, and which entry decided it.
    State {
        /// A number, user id or e-mail address.
        #[arg(long)]
        to: String,
        /// A moment in the past, such as 2026-05-03T14:00:00Z.
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
        /// Count what was recorded later about that moment as well.
        #[arg(long)]
        known_now: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Import a CSV table; good lines count, bad ones come back.
    Import {
        /// The table; its first line names the columns (phone, granted, purpose, channel, at …).
        file: std::path::PathBuf,
        /// For lines that name none.
        #[arg(long)]
        purpose: Option<String>,
        /// For lines that name none.
        #[arg(long)]
        channel: Option<String>,
        /// For lines that do not say: they were granted.
        #[arg(long, conflicts_with = "revoked")]
        granted: bool,
        /// For lines that do not say: they were revoked.
        #[arg(long)]
        revoked: bool,
        /// Where the refused lines go, as CSV.
        #[arg(long, value_name = "FILE")]
        refused: Option<std::path::PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    /// One person's whole ledger.
    Export {
        #[arg(long)]
        to: String,
        /// As a CSV table.
        #[arg(long)]
        csv: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Make a link to somebody's preference centre.
    Link {
        #[arg(long)]
        to: String,
        /// The page's language.
        #[arg(long)]
        language: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Imports, newest first: of consents and of contacts.
    Imports(List),
    /// The lines that an import refused, as CSV.
    Refused(super::ById),
    /// Messages that may be an opt-out and wait for somebody to decide.
    Reviews {
        #[command(flatten)]
        list: List,
        #[arg(long, default_value = "open", value_parser = ["open", "confirmed", "dismissed"])]
        state: String,
    },
    /// Say that a message was an opt-out.
    Confirm {
        /// The received message, `inb_…`.
        id: String,
        /// A category, or the code of a topic.
        #[arg(long, default_value = "marketing")]
        purpose: String,
        #[command(flatten)]
        server: Server,
    },
    /// Say that a message was no opt-out.
    Dismiss(super::ById),
    /// Forms that ask for consent.
    Forms(Server),
    /// Make a form from a JSON file, or the next version of one.
    Form {
        /// What the form says and asks.
        file: std::path::PathBuf,
        /// The form that this is the next version of.
        #[arg(long, value_name = "ID")]
        change: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Close a form: nobody can agree by it any more.
    CloseForm(super::ById),
    /// The QR code of a form, as an SVG to print.
    Qr {
        /// The form.
        id: String,
        /// The sender that the chat is opened with, by its number or id.
        #[arg(long)]
        sender: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Topics that people choose by.
    Topics(Server),
    /// Make a topic, or change the titles of one.
    Topic {
        code: String,
        #[arg(long, default_value = "marketing")]
        category: String,
        /// A title, as LANGUAGE=TITLE; once for each language.
        #[arg(long = "title", value_name = "LANGUAGE=TITLE", required = true)]
        titles: Vec<String>,
        /// Offer it to nobody any more.
        #[arg(long)]
        archive: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Show what is set about consent, or change it.
    Settings(ConsentRules),
}

#[derive(Debug, Args)]
pub struct ConsentRules {
    /// `opt-out` or `opt-in`: what somebody who said nothing may be sent.
    #[arg(long, value_name = "RULE", value_parser = ["opt-out", "opt-in"])]
    pub marketing: Option<String>,
    /// The name that pages and proofs show.
    #[arg(long, value_name = "NAME")]
    pub business_name: Option<String>,
    /// A word of yours that opts out; all of yours, once for each, an empty one for none.
    #[arg(long = "stop-word", value_name = "WORD")]
    pub stop_words: Vec<String>,
    /// A word of yours that opts in again, in the same way.
    #[arg(long = "start-word", value_name = "WORD")]
    pub start_words: Vec<String>,
    /// Answer a certain opt-out by one sentence.
    #[arg(long, value_name = "YES")]
    pub confirm_opt_out: Option<bool>,
    /// That sentence; empty for ours.
    #[arg(long, value_name = "TEXT")]
    pub confirmation: Option<String>,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Args)]
pub struct Said {
    /// A number, user id or e-mail address.
    #[arg(long)]
    pub to: String,
    /// A category, or the code of a topic.
    #[arg(long, default_value = "marketing")]
    pub purpose: String,
    /// `whatsapp`, `sms`, `email` or `any`.
    #[arg(long, default_value = "whatsapp")]
    pub channel: String,
    /// Where it was said, such as point_of_sale.
    #[arg(long, default_value = "api")]
    pub source: String,
    /// Where exactly, in your words.
    #[arg(long)]
    pub detail: Option<String>,
    /// When it was said, if that was not now.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[command(flatten)]
    pub server: Server,
}
