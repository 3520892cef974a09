//! What an installation may set about the engine; every figure has its unit in its name.

use tidings_domain::address::CountryCode;
use tidings_domain::category::Category;
use tidings_domain::time::SECOND;
use tidings_store::model::Retention;

#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// How long an attempt may stay in doubt before policy decides, by [`Category::code`].
    pub doubt_us: [i64; 4],
    /// Submissions under way in the whole process.
    pub in_flight_max: usize,
    /// Submissions under way per sender.
    pub lane_in_flight_max: usize,
    /// Messages per second of a sender whose own figure is not given.
    pub sender_messages_per_s: f64,
    /// Messages per second over all senders of an account; `None` leaves it to the senders.
    pub account_messages_per_s: Option<f64>,
    /// Messages per second for a category in a destination country.
    pub category_country_messages_per_s: Vec<(Category, CountryCode, f64)>,
    /// One message to the same recipient every so often, once the burst is used up.
    pub pair_interval_us: i64,
    /// Messages to one recipient that may go out at once.
    pub pair_burst: u32,
    /// How long each kind of data is kept, unless a tenant has figures of its own.
    pub retention: Retention,
    /// Name of this process as the holder of a lease.
    pub node: String,
    /// Changes when the machine restarts; tells whether a journal survived as written.
    pub machine_boot: String,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            doubt_us: [30 * SECOND, 120 * SECOND, 120 * SECOND, 600 * SECOND],
            in_flight_max: 1_024,
            lane_in_flight_max: 512,
            sender_messages_per_s: 80.0,
            account_messages_per_s: None,
            category_country_messages_per_s: Vec::new(),
            pair_interval_us: 6 * SECOND,
            // The platform lends 45; five are left to what other programs send from the same number.
            pair_burst: 40,
            retention: Retention::STANDARD,
            node: "node".to_owned(),
            machine_boot: String::new(),
        }
    }
}

impl EngineConfig {
    pub fn doubt_for(&self, category: Category) -> i64 {
        self.doubt_us[usize::from(category.priority())]
    }
}
