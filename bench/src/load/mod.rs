//! The load generator. One thread drives every connection, since it shares the machine with what it measures.

mod batches;
mod closed;
mod connection;
mod intents;
mod open;

pub use batches::send_batches;
pub use closed::{Load, closed_loop};
pub use connection::Target;
pub use intents::{Intents, Template, phone};
pub use open::open_loop;
