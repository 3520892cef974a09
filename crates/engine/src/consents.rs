//! Consent: the ledger, what it says at a moment, topics and settings. A user of the stages: policy judges by what
//! is written here, and reconcile writes what people and platforms say.

mod capture;
mod export;
mod forms;
mod ledger;
mod moment;
mod preferences;
mod reviews;
mod settings;
mod unsubscribe;

pub use capture::{Asked, OptIn, Submitted};
pub use export::ledger_csv;
pub use ledger::{ConsentLine, NewConsentInput};
pub use moment::{HeldLine, StateReport};
pub use preferences::{Chosen, Closed, Link, Preference, Preferences, Shown};
pub use reviews::ReviewReport;
pub use settings::NewTopic;
pub use unsubscribe::Unsubscribing;
