//! The vocabulary and the rules of Tidings: ids, the lifecycle of a message, decisions, limits, errors,
//! and the traits at which the engine, the providers and the outlets meet.
//!
//! Nothing here performs input or output, knows an async runtime or reads a clock. What changes in the
//! world arrives as an argument, so every rule can be tested as a table.

pub mod actor;
pub mod address;
pub mod category;
pub mod clock;
pub mod consent;
pub mod credentials;
pub mod decision;
pub mod event;
pub mod fact;
pub mod failure;
pub mod id;
pub mod intent;
pub mod lifecycle;
pub mod limits;
pub mod outgoing;
pub mod policy;
pub mod problem;
pub mod provider;
pub mod secret;
pub mod sms;
pub mod table;
pub mod template;
pub mod time;
pub mod trace;
pub mod transport;
pub mod verification;
pub mod whatsapp;
