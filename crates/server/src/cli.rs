//! The command line.

mod accounts;
mod consents;
mod contacts;
mod policy;
mod templates;
mod verification;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use accounts::{Account, Sender};
pub use consents::*;
pub use contacts::{Contact, Person, TableFormat};
pub use policy::Policy;
pub use templates::Template;
pub use verification::{Entry, EntryKind, Verification};

/// Messaging infrastructure that you run yourself, WhatsApp first.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, max_term_width = 80, disable_help_subcommand = true)]
pub struct Cli {
    /// Print one JSON value on stdout; everything else goes to stderr.
    #[arg(long, global = true)]
    pub json: bool,
    /// The configuration file (`tidings.toml` here, if it is there).
    #[arg(long, global = true, value_name = "FILE", env = "TIDINGS_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send messages to simulated customers and show what became of them.
    Demo(Demo),
    /// Make the data directory, the master key and the installation key.
    Init(DataDir),
    /// Serve the API, the callbacks and the console.
    Serve(Serve),
    /// Be a simulated WhatsApp Cloud API.
    Sim(Sim),
    /// Answer the eight questions about a message.
    Explain(Explain),
    /// Print a one-time link to the console.
    Console(Server),
    /// Tenants: the isolated customers of this installation.
    #[command(subcommand)]
    Tenant(Tenant),
    /// API keys of a tenant.
    #[command(subcommand)]
    Key(Key),
    /// Accounts: a tenant's credentials at a provider.
    #[command(subcommand)]
    Account(Account),
    /// Senders: the numbers that messages come from.
    #[command(subcommand)]
    Sender(Sender),
    /// Templates as the platform knows them.
    #[command(subcommand)]
    Template(Template),
    /// Consent: who agreed to what, when, and on which proof.
    #[command(subcommand)]
    Consent(Consent),
    /// Contacts: people, and the ways to reach them.
    #[command(subcommand)]
    Contact(Contact),
    /// Messages: send, look, cancel, redrive.
    #[command(subcommand)]
    Message(Message),
    /// One-time passwords: send a code, check it.
    #[command(subcommand)]
    Verification(Verification),
    /// The master key file, which wraps every other key.
    #[command(subcommand)]
    MasterKey(MasterKey),
    /// Rotate keys while everything goes on (with the installation key).
    #[command(subcommand)]
    Rotate(Rotate),
    /// Nodes: the processes of this installation.
    #[command(subcommand)]
    Node(Node),
    /// Stop something at once, and let it go on.
    #[command(subcommand)]
    Pause(Pause),
    /// What may be sent when: settings and hours of policy.
    #[command(subcommand)]
    Policy(Policy),
    /// Check this installation and say how to mend it.
    Doctor(Doctor),
    /// Bring the stores to this version.
    Migrate(DataDir),
    /// Copy the stores while they are in use, and verify the copy.
    Backup(Backup),
    /// Put a backup back where nothing is.
    Restore(Restore),
    /// After a restore: show what may have left since the backup, and decide it.
    Recover(Recover),
    /// Show the settings in effect, without their secrets.
    Settings(DataDir),
    #[command(hide = true)]
    Bench,
}

#[derive(Debug, Args)]
pub struct DataDir {
    /// Where the SQLite files, the journal and the master key are.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The folder in which the backup gets a folder of its own.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Where the SQLite files are.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The backup: the folder with its manifest.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// When the installation that was backed up stopped, such as 2026-11-21T12:55:00Z; now unless given. What was
    /// due later cannot have left.
    #[arg(long, value_name = "TIME")]
    pub lost_at: Option<String>,
    /// Where the SQLite files go; the master key must be there.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Recover {
    /// Send them again: they did not leave, or may go twice.
    #[arg(long, conflicts_with = "unknown")]
    pub resend: bool,
    /// Give them up: they end as `unknown`.
    #[arg(long)]
    pub unknown: bool,
    /// Only this category.
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// Only what was taken at least so many seconds ago.
    #[arg(long, value_name = "SECONDS")]
    pub older_than_s: Option<u32>,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// Where the SQLite files, the journal and the master key are.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Check every message in the stores instead: nothing lost, nothing twice, every end with its reason.
    #[arg(long)]
    pub ledger: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Where the SQLite files, the journal and the master key are.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address and port to listen at; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// What this node does: `api`, `dispatch`, `readers`, with commas between them; all unless given.
    #[arg(long, value_name = "ROLES", value_parser = tidings_engine::Roles::parse)]
    pub roles: Option<tidings_engine::Roles>,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// How many messages to send.
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::limits::DEMO_MESSAGES_MAX)))]
    pub messages: u32,
    /// Let everything go wrong now and then: timeouts, 5xx, 429, lost and late webhooks.
    #[arg(long)]
    pub faults: bool,
    /// Keep the store here; a temporary directory otherwise.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address and port to listen at.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Stop after the summary; otherwise the console stays up.
    #[arg(long)]
    pub exit: bool,
    /// What the simulated customers and faults are drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Sim {
    /// Address and port to listen at; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    pub listen: SocketAddr,
    /// What customers and faults are drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Let everything go wrong now and then.
    #[arg(long)]
    pub faults: bool,
    /// Where webhooks go; accounts, numbers and tokens then come into being at first use.
    #[arg(long, value_name = "URL")]
    pub callback: Option<String>,
    /// The secret that signs the webhooks of such accounts.
    #[arg(long, value_name = "SECRET", requires = "callback")]
    pub app_secret: Option<String>,
    /// A JSON file with the simulator's whole configuration; other arguments override it.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

/// The running server and the key to speak to it with.
#[derive(Debug, Args)]
pub struct Server {
    /// The server's address.
    #[arg(long, value_name = "URL", env = "TIDINGS_SERVER", default_value = "http://127.0.0.1:8080")]
    pub server: String,
    /// An API key, or the installation key where a tenant is made.
    #[arg(long, value_name = "KEY", env = "TIDINGS_KEY", hide_env_values = true, default_value = "")]
    pub key: String,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The message, `msg_…`.
    pub id: String,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Args)]
pub struct ById {
    pub id: String,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct List {
    #[command(flatten)]
    pub server: Server,
    /// Entries of a page.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: u32,
    /// Where the last page ended.
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Make a tenant and its first key (with the installation key).
    Create {
        name: String,
        /// The region in which its data lives, for good.
        #[arg(long)]
        region: Option<String>,
        /// What all its senders together may submit.
        #[arg(long, value_name = "RATE")]
        messages_per_s: Option<f64>,
        #[command(flatten)]
        server: Server,
    },
    List(List),
    /// Stop a tenant: nothing is taken and nothing is sent (with the installation key).
    Suspend(ById),
    /// Let a suspended tenant go on.
    Resume(ById),
    /// Limit what is taken from a tenant; 0 lifts a limit.
    Limit {
        id: String,
        /// Intents per second.
        #[arg(long, value_name = "RATE", required_unless_present = "accepts_per_day")]
        accepts_per_s: Option<f64>,
        /// Intents per day in UTC.
        #[arg(long, value_name = "N")]
        accepts_per_day: Option<u32>,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Debug, Subcommand)]
pub enum MasterKey {
    /// Add a new key to the file. It is used once `tidings rotate master-key` was said.
    Add(DataDir),
    /// Take the keys out of the file that wrap nothing any more.
    Retire(DataDir),
}

#[derive(Debug, Subcommand)]
pub enum Rotate {
    /// Wrap every key by the newest key of the master key file, which every node must have by then.
    MasterKey(Server),
    /// Give every tenant, or one, a new data key.
    DataKeys {
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Replace the installation key; the new one is shown once.
    InstallationKey(Server),
}

#[derive(Debug, Subcommand)]
pub enum Node {
    /// Show the nodes, and who decides for which slots (with the installation key).
    List(Server),
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key; it is shown once.
    Create {
        name: String,
        /// tenant_admin, developer, agent or analyst.
        #[arg(long, default_value = "developer")]
        role: String,
        /// Only these permissions, such as messages:write.
        #[arg(long, value_name = "NAME", value_delimiter = ',')]
        permissions: Option<Vec<String>>,
        #[command(flatten)]
        server: Server,
    },
    List(List),
    Revoke(ById),
}

#[derive(Debug, Subcommand)]
pub enum Message {
    /// Send one message.
    Send(Send),
    /// Show one message.
    Get(ById),
    /// List messages, newest first.
    List {
        #[command(flatten)]
        list: List,
        #[arg(long)]
        status: Option<String>,
        #[arg(long)]
        reference: Option<String>,
        /// The recipient's number.
        #[arg(long)]
        to: Option<String>,
        #[arg(long)]
        trace: Option<String>,
    },
    /// Cancel a message that has not left yet.
    Cancel(ById),
    /// Send a dead letter again.
    Redrive(ById),
}

#[derive(Debug, Args)]
pub struct Send {
    /// The recipient's number in E.164.
    #[arg(long, value_name = "NUMBER", required_unless_present = "intent")]
    pub to: Option<String>,
    /// Free text, inside the customer's service window.
    #[arg(long, value_name = "TEXT", conflicts_with = "template", required_unless_present_any = ["template", "intent"])]
    pub text: Option<String>,
    /// A template's name.
    #[arg(long, value_name = "NAME")]
    pub template: Option<String>,
    /// The template's language.
    #[arg(long, default_value = "en_US")]
    pub language: String,
    /// A value of the template, as NAME=VALUE; once for each.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// The number to send from.
    #[arg(long)]
    pub from: Option<String>,
    #[arg(long)]
    pub reference: Option<String>,
    /// A file with a whole intent as JSON; `-` is stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "text", "template"])]
    pub intent: Option<PathBuf>,
    /// The same key and intent sent again are answered from memory.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    #[command(flatten)]
    pub server: Server,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Scope {
    Tenant,
    Account,
    Sender,
    Template,
    Category,
}

#[derive(Debug, Subcommand)]
pub enum Pause {
    /// Stop submission at once.
    Set {
        scope: Scope,
        /// Id of the tenant, account or sender, name of the template or category.
        id: String,
        #[arg(long)]
        reason: String,
        /// Lift it by itself then, such as 2026-11-21T18:00:00Z.
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Let it go on.
    Lift(ById),
    List(List),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_makes_no_sense_is_a_usage_error() {
        for (line, good) in [
            ("tidings demo --messages 10 --faults --exit --json", true),
            ("tidings demo --messages 0", false),
            ("tidings --json demo", true),
            ("tidings serve --listen 127.0.0.1:0 --data-dir d", true),
            ("tidings serve --listen here", false),
            ("tidings serve --roles dispatch,readers", true),
            ("tidings serve --roles sending", false),
            ("tidings node list", true),
            ("tidings rotate data-keys --tenant ten_1", true),
            ("tidings rotate everything", false),
            ("tidings master-key add --data-dir d", true),
            ("tidings account update acc_1 --access-token-file t --drop-old-app-secrets", true),
            ("tidings account update acc_1", false),
            (
                "tidings account create --business-account-id 1 --access-token-file t --app-secret-file s --verify-token w",
                true,
            ),
            ("tidings account create --business-account-id 1 --access-token-file t", false),
            ("tidings account create --provider smpp --connection-file c.json --access-token-file t", true),
            ("tidings account update acc_1 --connection-file c.json", true),
            ("tidings explain", false),
            ("tidings message send --to +4930123456 --text hi", true),
            ("tidings message send --to +4930123456", false),
            ("tidings message send --text a --template b --to +4930123456", false),
            ("tidings pause set sender snd_1 --reason why", true),
            ("tidings pause set planet earth --reason why", false),
            ("tidings verification start --to +4930123456", true),
            ("tidings verification check ver_1 123456", true),
            ("tidings verification block planet earth --reason why", false),
            ("tidings verification block prefix +88216 --reason why", true),
            ("tidings consent revoke --to +4930123456", true),
            ("tidings consent state", false),
            ("tidings consent settings --marketing never", false),
            ("tidings consent topic news --title en=News", true),
            ("tidings bench", true),
            ("tidings", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), good, "{line}");
        }
    }
}
