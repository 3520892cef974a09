//! Setting things up: tenants, keys, accounts, senders, templates, pauses, media. Each call checks
//! its own permission, so that the API, the console and the CLI share one door.

mod accounts;
mod auth;
mod media;
mod pauses;
mod policy;
mod recipients;
mod recovery;
mod rotation;
mod senders;
mod sessions;
mod templates;
mod tenants;

pub use accounts::{NewAccount, PatchAccount};
pub use media::Download;
pub use policy::{LimitView, PolicyVersion, PolicyView, RuleView};
pub use senders::NewSender;
pub use sessions::Session;
pub use templates::TemplateCounts;
