//! On the virtual clock, seed by seed: whatever applications, customers and faults do, nothing is submitted against
//! hours, caps, the messaging limit or an opt-out. The judge looks at the provider's book alone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Value, json};

use tidings_domain::id::{AttemptId, Id};
use tidings_engine::report::MessageQuery;
use tidings_simulator::{Ledger, Submission};
use tidings_tests::simulation::{Life, Plan, What, World, live, scene};
use tidings_tests::support::long;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
/// Virtual microseconds of a run: long enough for a cap of an hour to open again.
const RUN_US: i64 = 70 * 60 * SECOND;
/// Microseconds that a submission may lie behind its claim, by which caps are counted.
const CLAIM_TO_WIRE_US: i64 = 30 * SECOND;
/// Every run begins on Monday, 5 January 2026, at 9:00 in Berlin, where the customers are.
const BERLIN_US: i64 = HOUR;

/// What a seed sets for all its tenants.
struct Rules {
    /// Minutes of the day, the end not included.
    hours: (i64, i64),
    marketing_cap: usize,
    limit: usize,
}

impl Rules {
    fn of(seed: u64) -> Self {
        // Open for a while, open later in the run, and open at once and then not.
        let hours = [(540, 570), (560, 580), (0, 541), (540, 1_440)][(seed % 4) as usize];
        Self { hours, marketing_cap: 1 + (seed / 4 % 3) as usize, limit: 3 + (seed / 12 % 6) as usize }
    }

    fn settings(&self) -> Value {
        let (from, to) = self.hours;
        let text = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        json!({
            "quiet_hours": {"countries": {"DE": {"every": format!("{}-{}", text(from), text(to))}}},
            "caps": [{"category": "marketing", "messages": self.marketing_cap, "hours": 1}],
            "messaging_limit": {"recipients_per_day": self.limit, "authentication_percent": 0},
        })
    }
}

/// What was held back, so that a run in which nothing was at stake is noticed.
#[derive(Debug, Default)]
struct Held {
    submissions: usize,
    marketing: usize,
    by_rule: BTreeMap<String, usize>,
}

async fn play(world: &std::sync::Arc<World>, life: &Life, rules: &Rules) -> Result<Held> {
    let tokens: Vec<String> = world.tenants.lock().iter().map(|tenant| tenant.token.clone()).collect();
    let mut callers = Vec::new();
    for token in &tokens {
        let caller = life.engine.caller(token).await?;
        life.engine.set_policy(&caller, rules.settings().to_string().as_bytes()).await?;
        callers.push(caller);
    }
    live(world, life);
    // sleep: on virtual time
    tidings_domain::clock::Clock::sleep(&*world.clock, RUN_US).await;
    let ledger = world.simulator.ledger();
    let mut held = Held { submissions: ledger.submissions.len(), ..Held::default() };
    held.marketing = ledger.submissions.iter().filter(|each| is_marketing(each)).count();
    for caller in &callers {
        let query = MessageQuery { limit: Some(500), ..MessageQuery::default() };
        for item in life.engine.messages(caller, &query).await?.items {
            let message = serde_json::to_value(life.engine.message(caller, item.id).await?)?;
            for decision in message["decisions"].as_array().into_iter().flatten() {
                if decision["verdict"] != "allow" {
                    *held.by_rule.entry(decision["rule"].as_str().unwrap_or("").to_owned()).or_default() += 1;
                }
            }
        }
    }
    judge(world, rules, &ledger);
    Ok(held)
}

fn is_marketing(submission: &Submission) -> bool {
    submission.template.as_deref() == Some("spring_offer")
}

fn judge(world: &World, rules: &Rules, ledger: &Ledger) {
    let seed = world.plan.seed;
    let mut marketing: BTreeMap<(usize, &str), BTreeMap<String, i64>> = BTreeMap::new();
    let mut reached: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for each in &ledger.submissions {
        let tenant = tenant_of(world, each);
        if is_marketing(each) {
            let minute = (each.at_us + BERLIN_US).div_euclid(60 * SECOND).rem_euclid(1_440);
            // A request that left in the last second of the hours may arrive in the next minute.
            let inside = |minute: i64| (rules.hours.0..rules.hours.1).contains(&minute);
            let left = (each.at_us - CLAIM_TO_WIRE_US + BERLIN_US).div_euclid(60 * SECOND).rem_euclid(1_440);
            assert!(inside(minute) || inside(left), "seed {seed}: at minute {minute}: {each:?}");
            let message = each.callback_data.as_deref().and_then(|data| AttemptId::parse(data).ok());
            let message = message.map_or_else(|| each.n.to_string(), |attempt| attempt.message().to_string());
            marketing.entry((tenant, &each.to)).or_default().entry(message).or_insert(each.at_us);
        }
        // Who wrote before may be answered at no cost.
        let wrote = world.plan.actions.iter().any(|action| {
            matches!(&action.what, What::Inbound { phone, .. } if phone.trim_start_matches('+') == each.to.trim_start_matches('+'))
        });
        if each.template.is_some() && !wrote {
            reached.entry(tenant).or_default().insert(&each.to);
        }
    }
    for ((_, to), messages) in &marketing {
        let mut times: Vec<i64> = messages.values().copied().collect();
        times.sort_unstable();
        for window in times.windows(rules.marketing_cap + 1) {
            let apart = window[rules.marketing_cap] - window[0];
            assert!(apart >= HOUR - CLAIM_TO_WIRE_US, "seed {seed}: {to} had too many within {apart} us");
        }
    }
    for (tenant, people) in reached {
        assert!(people.len() <= rules.limit, "seed {seed}: tenant {tenant} reached {} people", people.len());
    }
    let opts_in = world.plan.opts_in();
    let broken: Vec<_> =
        ledger.violations.iter().filter(|text| !(opts_in && text.starts_with("opt-out:"))).collect();
    assert!(broken.is_empty(), "seed {seed}: {broken:?}");
}

fn tenant_of(world: &World, submission: &Submission) -> usize {
    let has = |number: &str| {
        world.plan.tenants.iter().position(|tenant| {
            let mut numbers = tenant.accounts.iter().flat_map(|account| &account.numbers);
            numbers.any(|each| each.phone_number_id == number)
        })
    };
    has(&submission.phone_number_id).expect("every number belongs to a tenant")
}

#[test]
fn no_seed_submits_what_it_may_not() {
    let seeds = if long() { 500 } else { 16 };
    let mut held = Held::default();
    for seed in 0..seeds {
        let mut plan = Plan::new(seed);
        plan.crashes.clear();
        for action in &mut plan.actions {
            // The provider's clock does not step with ours: hours are judged by it.
            if matches!(action.what, What::Step { .. }) {
                action.what = What::Nothing;
            }
        }
        let rules = Rules::of(seed);
        let run = scene(plan, async |world, life| play(world, life, &rules).await).expect("the scene plays");
        held.submissions += run.submissions;
        held.marketing += run.marketing;
        for (rule, count) in run.by_rule {
            *held.by_rule.entry(rule).or_default() += count;
        }
    }
    eprintln!("{seeds} seeds: {held:?}");
    for rule in ["quiet_hours.closed", "cap.reached", "limit.reached", "consent.suppressed", "window.closed"]
    {
        assert!(held.by_rule.contains_key(rule), "nothing was held back by {rule}: {held:?}");
    }
    assert!(held.marketing > 0);
}
