//! Counters of the process, cheap enough for the hot path; the edge turns them into a text.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($name:ident: $help:literal;)*) => {
        /// Totals since the process began.
        #[derive(Debug, Default)]
        pub struct Metrics { $($name: AtomicU64,)* }

        /// Names one counter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(non_camel_case_types, reason = "the names are those of the exported metrics")]
        pub enum Counter { $($name,)* }

        impl Metrics {
            pub fn add(&self, counter: Counter, n: u64) {
                match counter { $(Counter::$name => self.$name.fetch_add(n, Ordering::Relaxed),)* };
            }
            /// Name without prefix, help text and value of each.
            pub fn snapshot(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $help, self.$name.load(Ordering::Relaxed)),)*]
            }
        }
    };
}

counters! {
    messages_accepted: "Messages stored and queued or scheduled";
    messages_denied: "Messages stored and denied by policy";
    messages_refused: "Intents refused: nothing was stored";
    idempotent_replays: "Answers replayed for a repeated Idempotency-Key";
    claims: "Messages claimed";
    submissions: "Requests made to providers";
    submissions_accepted: "Submissions that a provider accepted";
    submissions_rejected: "Submissions that a provider definitely refused";
    submissions_in_doubt: "Submissions whose outcome is unknown";
    retries: "Retries scheduled";
    dead_letters: "Messages whose retries were exhausted";
    expired: "Messages that expired before they could be submitted";
    receipts: "Receipts received";
    receipts_kept: "Receipts for ids not known yet";
    inbound_messages: "Messages received";
    callbacks: "Callbacks verified and stored";
    callbacks_refused: "Callbacks refused for their signature or form";
    callbacks_unknown: "Callback parts kept because nobody understood them";
    doubts_resent: "Doubts that policy answered with a resend";
    doubts_unknown: "Doubts that ended unknown";
    lanes_slowed: "Times a lane was slowed by a provider's signal";
    lanes_held: "Times a lane was held by a provider's signal";
    store_errors: "Store calls of the loops that failed and will be repeated";
}
