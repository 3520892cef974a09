//! A provider that speaks the WhatsApp Cloud API and misbehaves on purpose.
//!
//! It shares no code with the product, so it cannot share its mistakes. The core is synchronous:
//! `handle` a request, ask `next_wake_us`, `take_due` webhooks, report `webhook_result`. Everything
//! follows from the seed, the calls and the times given, so a run can be repeated. `serve` puts the
//! core behind a real socket; whoever composes the program brings the HTTP client for webhooks.

mod admin;
mod answer;
mod config;
mod core;
mod customers;
mod dice;
mod edge;
mod error;
mod inbound;
mod json;
mod ledger;
pub mod limits;
mod media;
mod nodes;
mod pace;
mod provision;
mod queue;
mod router;
mod send;
mod state;
mod templates;
#[cfg(test)]
mod tests;
mod webhooks;

pub use answer::Answer;
pub use config::{Customers, Faults, SimConfig, Tier, WebhookMode};
pub use core::Simulator;
pub use edge::{Clock, Deliver, serve, serve_with_clock};
pub use ledger::{Counts, DeliveredReceipt, Ledger, ReceiptCounts, Status, Submission, WebhookCounts};
pub use provision::{PhoneNumber, Provision, TemplateSpec};
pub use webhooks::Webhook;
