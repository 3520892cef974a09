//! How long data is kept.
#![expect(dead_code, reason = "describes what the store writes")]

use utoipa::ToSchema;

/// Days by kind of data; 0 keeps for good, and absent is as the installation says.
#[derive(ToSchema)]
pub struct Retention {
    /// What messages say and to whom.
    content_days: Option<u32>,
    /// Messages with their attempts.
    messages_days: Option<u32>,
    /// What people wrote.
    inbound_days: Option<u32>,
    /// Callbacks that nobody understood.
    callbacks_days: Option<u32>,
    /// Entries of the log.
    events_days: Option<u32>,
}
