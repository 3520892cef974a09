//! Setting things up: tenants, keys, accounts, senders, templates, consents, pauses, media. Each call checks
//! its own permission, so that the API, the console and the CLI share one door.

mod accounts;
mod auth;
mod consents;
mod media;
mod pauses;
mod policy;
mod recovery;
mod rotation;
mod senders;
mod sessions;
mod templates;
mod tenants;

pub use accounts::{NewAccount, PatchAccount};
pub use consents::NewConsentInput;
pub use media::Download;
pub use policy::{LimitView, PolicyVersion, PolicyView, RuleView};
pub use senders::NewSender;
pub use sessions::Session;
pub use templates::TemplateCounts;
