//! What one seed means: who there is, what goes wrong, when the process dies.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use tidings_simulator::{Customers, Faults, PhoneNumber, Provision, TemplateSpec};

use super::disk::DiskFaults;
use super::planted::Planted;
use super::traffic::{self, Action, What};
use super::wire::WireFaults;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

#[derive(Clone)]
pub struct Plan {
    pub seed: u64,
    pub tenants: Vec<TenantPlan>,
    pub faults: Faults,
    pub customers: Customers,
    pub wire: WireFaults,
    pub disk: DiskFaults,
    pub crashes: Vec<Crash>,
    /// In order of time.
    pub actions: Vec<Action>,
    /// A bug that the simulation ought to find.
    pub planted: Option<Planted>,
}

/// The process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    /// Microseconds that the life lasts.
    pub after_us: i64,
    /// Commits and requests that it still begins or ends from then on.
    pub steps: u32,
    /// Microseconds until the next life.
    pub down_us: i64,
}

#[derive(Clone)]
pub struct TenantPlan {
    pub name: String,
    pub messages_per_s: Option<f64>,
    pub accounts: Vec<AccountPlan>,
}

#[derive(Clone)]
pub struct AccountPlan {
    pub business_id: String,
    pub numbers: Vec<NumberPlan>,
}

#[derive(Clone)]
pub struct NumberPlan {
    pub phone_number_id: String,
    pub display: String,
    pub messages_per_s: f64,
}

impl Plan {
    /// Everything that a seed decides.
    pub fn new(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let tenants: Vec<TenantPlan> = (0..dice.random_range(1..=3)).map(|n| tenant(&mut dice, n)).collect();
        let actions = traffic::actions(&mut dice, &tenants);
        let last_us = actions.last().map_or(0, |action| action.at_us);
        let crashes = (0..dice.random_range(0..=3)).map(|_| crash(&mut dice, last_us)).collect();
        Self {
            faults: faults(&mut dice),
            customers: customers(&mut dice),
            wire: WireFaults { refuse: share(&mut dice, 0.05), break_after: share(&mut dice, 0.03) },
            disk: DiskFaults {
                fail: share(&mut dice, 0.03),
                fail_after: share(&mut dice, 0.02),
                slow: share(&mut dice, 0.02),
            },
            crashes,
            actions,
            ..Self::calm(seed, tenants)
        }
    }

    /// One tenant with one number of this speed, in a world in which everything goes well.
    pub fn of_one_number(messages_per_s: f64) -> Self {
        let number = NumberPlan {
            phone_number_id: "900".to_owned(),
            display: "+1 202 555 0100".to_owned(),
            messages_per_s,
        };
        let account = AccountPlan { business_id: "100".to_owned(), numbers: vec![number] };
        let tenant = TenantPlan { name: "tenant".to_owned(), messages_per_s: None, accounts: vec![account] };
        Self::calm(1, vec![tenant])
    }

    /// A world in which everything goes well and nobody does anything.
    pub fn calm(seed: u64, tenants: Vec<TenantPlan>) -> Self {
        Self {
            seed,
            tenants,
            faults: Faults::none(),
            customers: Customers::instant(),
            wire: WireFaults::default(),
            disk: DiskFaults::default(),
            crashes: Vec::new(),
            actions: Vec::new(),
            planted: None,
        }
    }

    /// Whether somebody opts in (again).
    pub fn opts_in(&self) -> bool {
        self.actions.iter().any(|action| {
            matches!(action.what, What::Consent { granted: true, .. } | What::Preference { stop: false, .. })
        })
    }

    /// One line that says what the seed brings.
    pub fn describe(&self) -> String {
        let senders: usize =
            self.tenants.iter().flat_map(|tenant| &tenant.accounts).map(|each| each.numbers.len()).sum();
        format!(
            "{} tenants, {senders} senders, {} actions, {} crashes, disk {:?}, wire {:?}, {:?}",
            self.tenants.len(),
            self.actions.iter().filter(|action| !matches!(action.what, What::Nothing)).count(),
            self.crashes.len(),
            self.disk,
            self.wire,
            self.faults,
        )
    }
}

impl AccountPlan {
    pub fn token(&self) -> String {
        format!("token-{}", self.business_id)
    }
    pub fn secret(&self) -> String {
        format!("secret-{}", self.business_id)
    }

    /// What the provider knows of the account.
    pub fn provision(&self) -> Provision {
        Provision {
            business_account_id: self.business_id.clone(),
            access_token: self.token(),
            app_secrets: vec![self.secret()],
            verify_token: "verify".to_owned(),
            phone_numbers: self
                .numbers
                .iter()
                .map(|number| PhoneNumber {
                    id: number.phone_number_id.clone(),
                    display: number.display.clone(),
                    mps: Some(number.messages_per_s),
                })
                .collect(),
            templates: TemplateSpec::samples(),
            ..Provision::default()
        }
    }
}

fn crash(dice: &mut StdRng, last_us: i64) -> Crash {
    Crash {
        after_us: dice.random_range(SECOND / 2..last_us.max(SECOND) + 10 * SECOND),
        steps: dice.random_range(0..12),
        down_us: downtime(dice),
    }
}

fn downtime(dice: &mut StdRng) -> i64 {
    // Now and then longer than a lease and than most doubts.
    if dice.random_bool(0.2) {
        dice.random_range(10 * SECOND..90 * SECOND)
    } else {
        dice.random_range(0..3 * SECOND)
    }
}

fn tenant(dice: &mut StdRng, n: usize) -> TenantPlan {
    let accounts = (0..dice.random_range(1..=2)).map(|m| account(dice, n, m)).collect();
    let messages_per_s = dice.random_bool(0.3).then(|| f64::from(dice.random_range(5..40)));
    TenantPlan { name: format!("tenant {n}"), messages_per_s, accounts }
}

fn account(dice: &mut StdRng, tenant: usize, n: usize) -> AccountPlan {
    let numbers = (0..dice.random_range(1..=2))
        .map(|m| NumberPlan {
            phone_number_id: format!("9{tenant}{n}{m}00"),
            display: format!("+1 202 555 0{tenant}{n}{m}"),
            messages_per_s: [5.0, 20.0, 80.0][dice.random_range(0..3)],
        })
        .collect();
    AccountPlan { business_id: format!("1{tenant}{n}0000"), numbers }
}

/// Half the time nothing, else up to `most`.
fn share(dice: &mut StdRng, most: f64) -> f64 {
    if dice.random_bool(0.5) { 0.0 } else { dice.random_range(0.0..most) }
}

fn faults(dice: &mut StdRng) -> Faults {
    Faults {
        timeout_before_accept: share(dice, 0.05),
        timeout_after_accept: share(dice, 0.05),
        server_error: share(dice, 0.08),
        server_error_after_accept: share(dice, 0.05),
        rate_limited: share(dice, 0.05),
        duplicate_webhook: share(dice, 0.2),
        reorder_webhook: share(dice, 0.2),
        delay_webhook: share(dice, 0.2),
        lose_webhook: share(dice, 0.1),
        quality_drop: share(dice, 0.02),
        template_pause: share(dice, 0.01),
        invalid_json_200: share(dice, 0.03),
        template_reject: 0.0,
        template_recategorise: 0.0,
    }
}

fn customers(dice: &mut StdRng) -> Customers {
    Customers {
        failed_share: share(dice, 0.1),
        reply_share: share(dice, 0.1),
        stop_share: share(dice, 0.05),
        block_share: share(dice, 0.05),
        skip_delivered_share: share(dice, 0.2),
        // A receipt may come before the answer of the submission.
        sent_median_ms: [1.0, 20.0, 200.0][dice.random_range(0..3)],
        delivery_median_ms: [5.0, 400.0][dice.random_range(0..2)],
        read_median_ms: [10.0, 1_500.0][dice.random_range(0..2)],
        ..Customers::default()
    }
}
