//! The provider is away for an hour, on the virtual clock: it is asked rarely, what expires meanwhile is not sent,
//! and what is left goes out afterwards at the sender's rate and not faster.
#![expect(clippy::print_stderr, reason = "figures for docs/reliability/overload.md")]

use anyhow::Result;
use serde_json::{Value, json};

use tidings_domain::clock::Clock;
use tidings_domain::time::Timestamp;
use tidings_engine::intake::AcceptOptions;
use tidings_simulator::{Customers, Faults, Ledger};
use tidings_tests::simulation::{
    AccountPlan, DiskFaults, Life, NumberPlan, Plan, TenantPlan, WireFaults, World, live, scene,
};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
/// Submissions a second that the sender may make.
const RATE: f64 = 20.0;
/// One in so many expires within the outage.
const EXPIRING: usize = 5;
/// Microseconds from the beginning of the outage to where only probes may be seen.
const NOTICED: i64 = 120 * SECOND;
/// Drain time over backlog by rate.
const DRAIN_MAX: f64 = 1.05;
/// Microseconds from the end of the outage to the first answer: the slowest probe, and the longest wait for one.
const FOUND_OUT_MAX: i64 = 40 * SECOND;

struct Figures {
    probes: usize,
    closest_us: i64,
    found_out_us: i64,
    backlog: usize,
    drain_us: i64,
    expired: usize,
}

impl Figures {
    fn drain_ratio(&self) -> f64 {
        self.drain_us as f64 / 1e6 / (self.backlog as f64 / RATE)
    }
}

pub fn plan(seed: u64) -> Plan {
    let number = NumberPlan {
        phone_number_id: "900000".to_owned(),
        display: "+1 202 555 0100".to_owned(),
        messages_per_s: RATE,
    };
    let account = AccountPlan { business_id: "100000".to_owned(), numbers: vec![number] };
    Plan {
        seed,
        tenants: vec![TenantPlan { name: "Acme".to_owned(), messages_per_s: None, accounts: vec![account] }],
        faults: Faults::none(),
        customers: Customers { reply_share: 0.0, stop_share: 0.0, failed_share: 0.0, ..Customers::default() },
        wire: WireFaults::default(),
        disk: DiskFaults::default(),
        crashes: Vec::new(),
        actions: Vec::new(),
        planted: None,
    }
}

/// Every message is to somebody else, so that only the sender's rate counts.
pub fn intent(n: usize, expires_at: Option<Timestamp>) -> Value {
    let mut intent = json!({"to": {"phone": format!("+49151{n:08}")}, "text": {"body": "x"},
        "template": {"name": "order_update", "language": "en_US", "variables": ["Ann", "42"]}});
    intent.as_object_mut().expect("an object").remove("text");
    if let Some(at) = expires_at {
        intent["expires_at"] = json!(at);
    }
    intent
}

async fn accept(world: &World, life: &Life, range: std::ops::Range<usize>, until: Timestamp) -> Result<()> {
    let token = world.tenants.lock()[0].token.clone();
    let caller = life.engine.caller(&token).await?;
    let all: Vec<Value> = range.map(|n| intent(n, (n % EXPIRING == 0).then_some(until))).collect();
    for some in all.chunks(500) {
        let body = json!({ "messages": some }).to_string();
        let options = AcceptOptions { method_path: "POST /v1/messages/batch", ..AcceptOptions::default() };
        let reply = life.engine.accept_batch(&caller, body.as_bytes(), options).await?;
        assert_eq!(reply.status, 202);
    }
    Ok(())
}

/// Odd seeds: nobody answers. Even seeds: every answer is a failure.
fn goes_away(world: &World, seed: u64) {
    if seed.is_multiple_of(2) {
        world.simulator.outage(world.true_now_us() + HOUR);
    } else {
        world.simulator.set_faults(Faults { timeout_before_accept: 1.0, ..Faults::none() });
    }
}

fn outage(seed: u64, messages: usize) -> Result<Figures> {
    scene(plan(seed), async |world, life| {
        live(world, life);
        let begins = world.true_now_us();
        let ends = begins + HOUR;
        accept(world, life, 0..messages / 10, Timestamp::from_micros(begins + HOUR / 2)).await?;
        // Some are on their way when it begins; most come while it lasts.
        world.clock.sleep(SECOND).await;
        goes_away(world, seed);
        accept(world, life, messages / 10..messages, Timestamp::from_micros(begins + HOUR / 2)).await?;
        world.clock.sleep(ends - world.true_now_us()).await;
        world.simulator.set_faults(Faults::none());
        let limit = ends + FOUND_OUT_MAX + (messages as f64 / RATE * 2e6) as i64 + 200 * SECOND;
        while world.true_now_us() < limit {
            world.clock.sleep(10 * SECOND).await;
        }
        Ok(read(&world.simulator.ledger(), begins, ends, messages))
    })
}

fn read(ledger: &Ledger, begins: i64, ends: i64, messages: usize) -> Figures {
    assert_eq!(ledger.violations, Vec::<String>::new());
    let accepted =
        |at: i64| ledger.submissions.iter().filter(move |each| each.at_us >= at && each.wamid.is_some());
    let first = accepted(ends).map(|each| each.at_us).min().expect("something goes out again");
    let last = accepted(ends).map(|each| each.at_us).max().expect("something goes out again");
    let mut probes: Vec<i64> = ledger.submissions.iter().map(|each| each.at_us).collect();
    probes.retain(|at| (begins + NOTICED..ends).contains(at));
    probes.sort_unstable();
    let half = begins + HOUR / 2;
    let expired = (0..messages).filter(|n| n % EXPIRING == 0);
    let late = expired.clone().filter(|n| {
        let to = format!("49151{n:08}");
        ledger.submissions.iter().any(|each| each.at_us > half && each.to.trim_start_matches('+') == to)
    });
    assert_eq!(late.count(), 0, "sent after its expiry");
    let reached: std::collections::BTreeSet<&str> =
        ledger.submissions.iter().filter(|each| each.wamid.is_some()).map(|each| each.to.as_str()).collect();
    let living = messages - messages.div_ceil(EXPIRING);
    assert!(reached.len() >= living, "only {} of {living} arrived", reached.len());
    Figures {
        probes: probes.len(),
        closest_us: probes.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(HOUR),
        found_out_us: first - ends,
        backlog: accepted(ends).count(),
        drain_us: last - first,
        expired: expired.count(),
    }
}

#[track_caller]
fn holds(seeds: std::ops::Range<u64>, messages: usize) {
    for seed in seeds {
        let figures = outage(seed, messages).unwrap_or_else(|error| panic!("seed {seed}: {error:#}"));
        eprintln!(
            "outage seed {seed}: {} probes in the hour, closest {:.2} s; answered {:.1} s after its end; backlog {} \
             drained in {:.1} s ({:.3} of backlog by rate); {} expired unsent",
            figures.probes,
            figures.closest_us as f64 / 1e6,
            figures.found_out_us as f64 / 1e6,
            figures.backlog,
            figures.drain_us as f64 / 1e6,
            figures.drain_ratio(),
            figures.expired,
        );
        assert!(figures.closest_us >= SECOND * 99 / 100, "seed {seed}: two probes within a second");
        assert!(figures.found_out_us <= FOUND_OUT_MAX, "seed {seed}: it took too long to find out");
        assert!(figures.drain_ratio() <= DRAIN_MAX, "seed {seed}: the drain took too long");
    }
}

#[test]
fn an_hour_without_the_provider_is_waited_out() {
    holds(1..2, 1_000);
}

#[test]
#[ignore = "long: `cargo xtask test --long`"]
fn fifty_hours_without_the_provider() {
    holds(100..150, 2_000);
}
