//! What an installation may set about the engine; every figure has its unit in its name.

use std::fmt;

use tidings_domain::address::CountryCode;
use tidings_domain::category::Category;
use tidings_domain::time::SECOND;
use tidings_store::model::Retention;

use crate::policy::PolicyDefaults;

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
    /// Id of this node as the holder of leases; of two processes with the same, the later one counts.
    pub node: String,
    /// The node's name for people.
    pub node_name: String,
    pub roles: Roles,
    /// What holds for tenants that have set nothing.
    pub policy: PolicyDefaults,
    /// Where recipients reach this installation, such as `https://messages.example.com`; `None` while that is unknown.
    pub public_url: Option<String>,
    pub version: String,
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
            node_name: "node".to_owned(),
            roles: Roles::default(),
            policy: PolicyDefaults::default(),
            public_url: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine_boot: String::new(),
        }
    }
}

/// What a node does. Every node of an installation does some of it, and together they do all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Serves the API, the callbacks and the console.
    pub api: bool,
    /// Owns lanes: paces, submits, decides doubts.
    pub dispatch: bool,
    /// Reads the event log for others and keeps house.
    pub readers: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self { api: true, dispatch: true, readers: true }
    }
}

/// The text names a role that does not exist, or none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a list of roles; they are `api`, `dispatch` and `readers`, with commas between them")]
pub struct NoRole(String);

impl Roles {
    /// Reads `api,dispatch,readers`.
    pub fn parse(text: &str) -> Result<Self, NoRole> {
        let mut roles = Self { api: false, dispatch: false, readers: false };
        for name in text.split(',').map(str::trim) {
            match name {
                "api" => roles.api = true,
                "dispatch" => roles.dispatch = true,
                "readers" => roles.readers = true,
                _ => return Err(NoRole(text.to_owned())),
            }
        }
        Ok(roles)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [("api", self.api), ("dispatch", self.dispatch), ("readers", self.readers)];
        let names: Vec<&str> = named.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
        f.write_str(&names.join(","))
    }
}

impl EngineConfig {
    pub fn doubt_for(&self, category: Category) -> i64 {
        self.doubt_us[usize::from(category.priority())]
    }
}

#[cfg(test)]
mod tests {
    use super::Roles;

    #[test]
    fn roles_are_written_as_they_are_read() {
        for text in ["api", "dispatch", "readers", "api,dispatch", "api,dispatch,readers"] {
            assert_eq!(Roles::parse(text).map(|roles| roles.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(Roles::parse(" readers , api "), Ok(Roles { dispatch: false, ..Roles::default() }));
        for wrong in ["", "all", "api,", "Dispatch"] {
            assert!(Roles::parse(wrong).is_err(), "{wrong}");
        }
    }
}
