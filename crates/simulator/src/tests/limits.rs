//! Throughput, pair rate, messaging limit.

use serde_json::json;

use super::rig::{CUSTOMER, HOUR, PHONE, Rig, SECOND, T0, WABA, config, statuses};
use crate::{Faults, Provision, SimConfig, Tier};

fn to(i: i64) -> String {
    format!("+1650555{i:04}")
}

#[test]
fn throughput_of_a_number() {
    let mut rig = Rig::new();
    let code = |rig: &Rig, i| rig.template(&to(i), "a").1["error"]["code"].as_u64().unwrap_or(0);
    for i in 0..84 {
        assert_eq!(code(&rig, i), 0, "{i}");
    }
    let (status, answer) = rig.template(&to(90), "a");
    assert_eq!((status, answer["error"]["code"].as_u64()), (429, Some(130_429)));
    assert_eq!(answer["error"]["error_subcode"], 2_494_055);
    assert_eq!(rig.sim.counts().violations, 1);
    rig.now += SECOND / 80 + 1;
    assert_eq!(code(&rig, 91), 0);
    assert_eq!(code(&rig, 92), 130_429);
    assert!(rig.sim.phone_event(rig.now, PHONE, "THROUGHPUT_UPGRADE"));
    rig.now += SECOND / 1000;
    assert_eq!(code(&rig, 93), 0);
}

#[test]
fn a_steady_sender_is_never_over() {
    let mut rig = Rig::new();
    for i in 0..1000 {
        let drift = (i * 7919) % 40_000;
        rig.now = T0 + i * SECOND / 80 + drift;
        assert_eq!(rig.template(&to(i), "a").0, 200);
    }
    assert!(rig.sim.ledger().violations.is_empty());
}

#[test]
fn what_comes_in_counts_too() {
    let rig = Rig::new();
    for i in 0..84 {
        rig.sim.inbound_text(rig.now, PHONE, &to(i), "Hello");
    }
    assert_eq!(rig.template(CUSTOMER, "a").1["error"]["code"], 130_429);
    assert_eq!(rig.sim.counts().violations, 0, "the sender could not know");
}

#[test]
fn what_was_not_accepted_does_not_burden_the_pair() {
    let rig = Rig::new();
    rig.sim.set_faults(Faults { server_error: 1.0, ..Faults::none() });
    for _ in 0..60 {
        assert!(rig.template(CUSTOMER, "a").0 >= 500);
    }
    rig.sim.set_faults(Faults::none());
    let accepted = (0..20).filter(|_| rig.template(CUSTOMER, "a").0 == 200).count();
    assert_eq!(accepted, 20);
    assert_eq!(rig.sim.counts().violations, 0);
}

#[test]
fn pair_rate() {
    let mut rig = Rig::new();
    for i in 0..45 {
        assert_eq!(rig.template(CUSTOMER, "a").0, 200, "{i}");
    }
    let (status, answer) = rig.template(CUSTOMER, "a");
    assert_eq!((status, answer["error"]["code"].as_u64()), (400, Some(131_056)));
    assert_eq!(rig.template(&to(1), "a").0, 200, "another customer is free");
    rig.now += 6 * SECOND;
    assert_eq!(rig.template(CUSTOMER, "a").0, 200);
    assert_eq!(rig.template(CUSTOMER, "a").0, 400);
    let ledger = rig.sim.ledger();
    assert_eq!(ledger.violations.len(), 2);
    assert!(ledger.violations[0].starts_with("pair: number"), "{:?}", ledger.violations);
}

#[test]
fn pair_rate_can_be_off() {
    let rig = Rig::with(SimConfig { pair_limit: false, ..config() });
    for _ in 0..70 {
        assert_eq!(rig.template(CUSTOMER, "a").0, 200);
    }
}

#[test]
fn messaging_limit_fails_later() {
    let mut rig = Rig::new();
    rig.sim.provision(Provision {
        business_account_id: WABA.into(),
        tier: Some(Tier::Limit(2)),
        ..Provision::default()
    });
    for i in [0, 1, 0, 2] {
        assert_eq!(rig.template(&to(i), &format!("to-{i}")).0, 200);
    }
    let failed: Vec<_> = rig
        .run(rig.now, Some(200))
        .iter()
        .flat_map(|(_, w)| statuses(w))
        .filter(|status| status["status"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["biz_opaque_callback_data"], "to-2");
    assert_eq!(failed[0]["errors"][0]["code"], 131_048);
    assert_eq!(rig.sim.counts().violations, 1);
    rig.sim.inbound_text(rig.now, PHONE, &to(3), "Hello");
    rig.template(&to(3), "in window");
    rig.now = T0 + 24 * HOUR;
    rig.template(&to(2), "next day");
    assert_eq!(rig.sim.counts().violations, 1);
}

#[test]
fn marketing_after_stop_is_a_violation() {
    let mut rig = Rig::new();
    let offer = || {
        super::rig::message(
            "template",
            json!({"name": "spring_offer", "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]}),
        )
    };
    rig.sim.inbound_text(rig.now, PHONE, CUSTOMER, " stop ");
    rig.run(rig.now, None);
    rig.post(&offer());
    assert_eq!(rig.sim.counts().violations, 0, "not yet acknowledged");
    rig.run(T0 + 60 * SECOND, Some(200));
    rig.template(CUSTOMER, "utility is allowed");
    assert_eq!(rig.sim.counts().violations, 0);
    rig.post(&offer());
    assert_eq!(rig.sim.counts().violations, 1);
}

#[test]
fn the_apps_own_stop() {
    let mut rig = Rig::new();
    assert!(rig.sim.user_preference(rig.now, PHONE, CUSTOMER, "stop"));
    let told = rig.run(rig.now, Some(200));
    let change = &super::rig::body(&told[0].1)["entry"][0]["changes"][0];
    assert_eq!(change["field"], "user_preferences");
    assert_eq!(change["value"]["user_preferences"][0]["value"], "stop");
    let offer = super::rig::message(
        "template",
        json!({"name": "spring_offer", "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]}),
    );
    assert_eq!(rig.post(&offer).0, 200);
    let failed = statuses(&rig.run(rig.now, Some(200))[0].1);
    assert_eq!(failed[0]["errors"][0]["code"], 131_050);
}
