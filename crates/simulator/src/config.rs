//! What a simulation is made of: seed, faults, customers, limits.

use serde::{Deserialize, Serialize};

use crate::provision::TemplateSpec;

/// The whole configuration; every field has a default, so a file may name only what differs.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimConfig {
    /// All randomness comes from this number.
    pub seed: u64,
    pub faults: Faults,
    pub customers: Customers,
    pub webhook: WebhookMode,
    /// Messages per second of a number that names none; 0 is without limit.
    pub default_mps: f64,
    /// Customers reached outside the window in 24 hours, for accounts that name no tier.
    pub tier: Tier,
    /// Whether one message per six seconds and customer is enforced.
    pub pair_limit: bool,
    /// Whether free-form messages need an open 24-hour window.
    pub window_rule: bool,
    /// Unknown numbers, tokens and accounts come into being at first use.
    pub auto_provision: bool,
    /// The app secret of accounts made by `auto_provision`.
    #[serde(skip_serializing)]
    pub auto_secret: String,
    /// Where webhooks of accounts made by `auto_provision` go.
    pub auto_callback: Option<String>,
    /// The templates of accounts made by `auto_provision`.
    pub auto_templates: Vec<TemplateSpec>,
    /// Whether webhooks carry business-scoped user ids beside phone numbers.
    pub user_ids: bool,
    /// Keep each submission (tests) or only counts (benchmarks).
    pub ledger_detail: bool,
    /// How long the fault `template_pause` lasts. The real provider's first pause takes three hours.
    pub template_pause_us: i64,
    /// How long the review of a new or edited template takes, in microseconds; below 0 it waits for the lever.
    pub review_us: i64,
    /// How long an answer takes, in microseconds.
    pub answer_delay_us: i64,
    /// Base of media addresses when a request names no host.
    pub public_url: String,
}

impl Default for SimConfig {
    fn default() -> Self {
        SimConfig {
            seed: 1,
            faults: Faults::none(),
            customers: Customers::default(),
            webhook: WebhookMode::default(),
            default_mps: 80.0,
            tier: Tier::Unlimited,
            pair_limit: true,
            window_rule: true,
            auto_provision: false,
            auto_secret: "simulated-app-secret".into(),
            auto_callback: None,
            auto_templates: TemplateSpec::samples(),
            user_ids: true,
            ledger_detail: true,
            template_pause_us: 5_000_000,
            review_us: 2_000_000,
            answer_delay_us: 0,
            public_url: "http://127.0.0.1:9090".into(),
        }
    }
}

/// How updates are put into webhook bodies.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookMode {
    /// Updates per body, at most.
    pub max_batch: usize,
    /// How long the first update of a body waits for company, in microseconds.
    pub batch_window_us: i64,
}

impl Default for WebhookMode {
    fn default() -> Self {
        WebhookMode { max_batch: 20, batch_window_us: 10_000 }
    }
}

/// The messaging limit of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    Unlimited,
    /// Different customers per 24 hours.
    Limit(u64),
}

/// The fault model: probabilities between 0 and 1.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The request is never answered and was never accepted.
    pub timeout_before_accept: f64,
    /// The message is accepted and its receipts come, but the request is never answered.
    pub timeout_after_accept: f64,
    /// A 5xx, and nothing was accepted.
    pub server_error: f64,
    /// A 5xx, although the message was accepted and its receipts come.
    pub server_error_after_accept: f64,
    /// A 429 with code 130429, although the sender kept to its rate.
    pub rate_limited: f64,
    /// A webhook body arrives a second time, up to two seconds later.
    pub duplicate_webhook: f64,
    /// A webhook body is held so that later ones overtake it.
    pub reorder_webhook: f64,
    /// A webhook body comes seconds late.
    pub delay_webhook: f64,
    /// A webhook body never comes.
    pub lose_webhook: f64,
    /// After a message the number's quality drops by one step.
    pub quality_drop: f64,
    /// After a template message the template is paused for `template_pause_us`.
    pub template_pause: f64,
    /// The message is accepted, but the 200 carries a cut-off body.
    pub invalid_json_200: f64,
    /// A reviewer rejects a template that keeps all rules, as `TAG_CONTENT_MISMATCH`.
    pub template_reject: f64,
    /// A utility template is taken as marketing, whatever it says.
    pub template_recategorise: f64,
}

impl Faults {
    /// A provider that behaves.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// Everything that can go wrong, a few per cent each.
    pub fn full() -> Faults {
        Faults {
            timeout_before_accept: 0.01,
            timeout_after_accept: 0.01,
            server_error: 0.02,
            server_error_after_accept: 0.01,
            rate_limited: 0.02,
            duplicate_webhook: 0.05,
            reorder_webhook: 0.05,
            delay_webhook: 0.02,
            lose_webhook: 0.02,
            quality_drop: 0.0002,
            template_pause: 0.0002,
            invalid_json_200: 0.005,
            template_reject: 0.05,
            template_recategorise: 0.05,
        }
    }
}

/// What the people at the other end do. Times are medians; each message draws its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Customers {
    /// From acceptance to `sent`, in milliseconds.
    pub sent_median_ms: f64,
    /// From `sent` to `delivered`, in milliseconds.
    pub delivery_median_ms: f64,
    /// From `delivered` to `read`, in milliseconds.
    pub read_median_ms: f64,
    /// From the last receipt to an answer, in milliseconds.
    pub reply_median_ms: f64,
    /// Share of delivered messages that are read.
    pub read_share: f64,
    /// Share of read messages of which `delivered` is left out.
    pub skip_delivered_share: f64,
    /// Share of read voice messages that are played.
    pub played_share: f64,
    /// Share of messages that fail with 131026.
    pub failed_share: f64,
    /// Share of delivered messages that are answered by a text.
    pub reply_share: f64,
    /// Share of delivered messages that are answered by `STOP`.
    pub stop_share: f64,
    /// Share of delivered messages after which the customer blocks the number: later ones stay at `sent`.
    pub block_share: f64,
}

impl Default for Customers {
    fn default() -> Self {
        Customers {
            sent_median_ms: 80.0,
            delivery_median_ms: 400.0,
            read_median_ms: 1500.0,
            reply_median_ms: 2000.0,
            read_share: 0.7,
            skip_delivered_share: 0.0,
            played_share: 0.8,
            failed_share: 0.02,
            reply_share: 0.02,
            stop_share: 0.002,
            block_share: 0.0,
        }
    }
}

impl Customers {
    /// Sent, delivered and read at once, every time: for benchmarks.
    pub fn instant() -> Customers {
        Customers {
            sent_median_ms: 0.0,
            delivery_median_ms: 0.0,
            read_median_ms: 0.0,
            reply_median_ms: 0.0,
            read_share: 1.0,
            skip_delivered_share: 0.0,
            played_share: 0.0,
            failed_share: 0.0,
            reply_share: 0.0,
            stop_share: 0.0,
            block_share: 0.0,
        }
    }
}
