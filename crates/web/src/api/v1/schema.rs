//! Shapes that are described here and written or read elsewhere: what the engine reports, and intents, whose
//! raw bytes go to intake unread.

mod connections;
mod consents;
mod content;
mod events;
mod lanes;
mod names;
mod nodes;
mod policy;
mod reports;
mod retention;
mod verifications;

pub use connections::*;
pub use consents::*;
pub use content::*;
pub use events::*;
pub use lanes::*;
pub use names::*;
pub use nodes::*;
pub use policy::*;
pub use reports::*;
pub use retention::*;
pub use verifications::*;

#[cfg(test)]
mod tests;
