//! People: the list, one person, and what is done about one.

mod changes;
mod contact;
mod contacts;

pub use changes::{change, erase, link, merge, say, split};
pub use contact::show as one;
pub use contacts::{find, show};
