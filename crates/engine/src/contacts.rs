//! Contacts: attributes with declared types, merge and split, history, erasure, portability. A user of the stages.

mod attributes;
mod erase;
mod export;
mod people;

pub use attributes::{ContactPatch, KINDS};
pub use erase::ErasureReport;
