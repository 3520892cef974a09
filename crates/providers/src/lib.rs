//! Adapters to the outside systems that carry messages: bytes in, neutral facts out.
//!
//! An adapter retries nothing and stores nothing. What it knows of the world are the traits of the
//! domain: a transport to speak through, credentials as arguments, and facts to answer with.

pub mod cloud;
pub mod http;
pub mod limits;
pub mod smpp;
pub mod sms_http;
pub mod smtp;
