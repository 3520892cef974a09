//! `tidings account …` and `tidings sender …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{ById, List, Server};

#[derive(Debug, Subcommand)]
pub enum Account {
    /// Entrust the credentials of an account at a provider.
    Create {
        /// smpp, sms_http or smtp; cloud unless given.
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// The id of the WhatsApp Business account.
        #[arg(
            long,
            value_name = "ID",
            required_unless_present = "provider",
            required_if_eq("provider", "cloud")
        )]
        business_account_id: Option<String>,
        /// A JSON file that says how the provider is reached, for every provider but cloud; `-` is stdin.
        #[arg(long, value_name = "FILE", conflicts_with = "business_account_id")]
        connection_file: Option<PathBuf>,
        /// A file with the access token or password; `-` is stdin.
        #[arg(
            long,
            value_name = "FILE",
            required_unless_present = "provider",
            required_if_eq("provider", "cloud")
        )]
        access_token_file: Option<PathBuf>,
        /// A file with the app secret.
        #[arg(
            long,
            value_name = "FILE",
            required_unless_present = "provider",
            required_if_eq("provider", "cloud")
        )]
        app_secret_file: Option<PathBuf>,
        /// The word that the platform's handshake must bring.
        #[arg(
            long,
            value_name = "WORD",
            required_unless_present = "provider",
            required_if_eq("provider", "cloud")
        )]
        verify_token: Option<String>,
        /// The id of the business portfolio; learned from the platform where it is left out.
        #[arg(long, value_name = "ID")]
        portfolio: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Give an account new credentials: messages go on with them at once.
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Update {
        id: String,
        /// A file with the new access token; `-` is stdin.
        #[arg(long, value_name = "FILE", group = "change")]
        access_token_file: Option<PathBuf>,
        /// A file with the new app secret; callbacks signed by the one before are still taken.
        #[arg(long, value_name = "FILE", group = "change")]
        app_secret_file: Option<PathBuf>,
        /// Refuse callbacks that are signed by an earlier app secret.
        #[arg(long, group = "change")]
        drop_old_app_secrets: bool,
        /// The new word that the platform's handshake must bring.
        #[arg(long, value_name = "WORD", group = "change")]
        verify_token: Option<String>,
        /// The id of the business portfolio whose messaging limit it shares; an empty one takes it away.
        #[arg(long, value_name = "ID", group = "change")]
        portfolio: Option<String>,
        /// A JSON file that says how the provider is reached from now on; it replaces all of it.
        #[arg(long, value_name = "FILE", group = "change")]
        connection_file: Option<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    List(List),
}

#[derive(Debug, Subcommand)]
pub enum Sender {
    /// Add a number, a name or an address that messages come from.
    Create {
        #[arg(long)]
        account: String,
        /// The number in E.164, such as +4930123456; for SMS a short code or a name, for e-mail an address.
        #[arg(long)]
        address: String,
        /// The phone number id at the platform; for SMS and e-mail the address unless given.
        #[arg(long, value_name = "ID")]
        provider_ref: Option<String>,
        #[arg(long, value_name = "RATE")]
        messages_per_s: Option<f64>,
        #[command(flatten)]
        server: Server,
    },
    List(List),
    /// Show the queue and the pacing of a sender.
    Lane(ById),
}
