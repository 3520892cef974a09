//! Contacts: attributes with declared types, merge and split, history, erasure, portability. A user of the stages.

mod attributes;
mod directory;
mod erase;
mod export;
mod people;

pub(crate) use attributes::check_profile;
pub use attributes::{ContactPatch, KINDS};
pub use directory::{ContactTable, TableFormat};
pub use erase::ErasureReport;
