//! On the virtual clock: what overtakes what, and how a lane finds back to its speed.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use tidings_domain::clock::Clock;
use tidings_engine::intake::AcceptOptions;
use tidings_engine::{Caller, Engine};
use tidings_simulator::Faults;
use tidings_tests::simulation::{AccountPlan, Life, NumberPlan, Plan, TenantPlan, World, live, scene};

const SECOND: i64 = 1_000_000;

async fn caller(world: &World, engine: &Engine) -> Result<Caller> {
    let token = world.tenants.lock()[0].token.clone();
    Ok(engine.caller(&token).await?)
}

async fn send(life: &Life, caller: &Caller, template: &str, variables: &[&str], to: usize) -> Result<Value> {
    let intent = json!({"to": {"phone": format!("+49151{to:08}")},
        "template": {"name": template, "language": "en_US", "variables": variables}});
    let options = AcceptOptions { method_path: "POST /v1/messages", ..AcceptOptions::default() };
    let reply = life.engine.accept(caller, intent.to_string().as_bytes(), options).await?;
    Ok(serde_json::from_slice(&reply.body)?)
}

#[test]
fn a_code_overtakes_a_backlog_of_marketing() {
    scene(Plan::of_one_number(10.0), async |world, life| {
        let caller = caller(world, &life.engine).await?;
        for n in 0..400 {
            send(life, &caller, "spring_offer", &["Ann"], 30_000_000 + n).await?;
        }
        live(world, life);
        world.clock.sleep(5 * SECOND).await;
        let asked_us = world.clock.now().micros();
        send(life, &caller, "login_code", &["123456"], 40_000_000).await?;
        world.clock.sleep(5 * SECOND).await;
        let ledger = world.simulator.ledger();
        let code = ledger
            .submissions
            .iter()
            .find(|each| each.template.as_deref().is_some_and(|name| name.contains("login_code")));
        let waited_us = code.context("the code has left")?.at_us - asked_us;
        assert!(waited_us < 400_000, "the code waited {waited_us} us behind marketing");
        assert!(ledger.submissions.len() < 130, "marketing keeps to the rate: {}", ledger.submissions.len());
        assert_eq!(ledger.violations, Vec::<String>::new());
        Ok(())
    })
    .expect("the scene plays");
}

#[test]
fn a_slowed_lane_recovers_step_by_step() {
    scene(Plan::of_one_number(20.0), async |world, life| {
        let caller = caller(world, &life.engine).await?;
        live(world, life);
        world.simulator.set_faults(Faults { rate_limited: 1.0, ..Faults::none() });
        send(life, &caller, "order_update", &["Ann", "1"], 30_000_000).await?;
        world.clock.sleep(2 * SECOND).await;
        world.simulator.set_faults(Faults::none());
        let sender = life.engine.senders(&caller).await?[0].id;
        let slowed = life.engine.lane(&caller, sender).await?;
        let factor = slowed.buckets[0].factor;
        assert!(factor < 1.0, "{slowed:?}");
        let mut last = factor;
        for _ in 0..12 {
            world.clock.sleep(15 * SECOND).await;
            let factor = life.engine.lane(&caller, sender).await?.buckets[0].factor;
            assert!(factor >= last, "{factor} after {last}");
            last = factor;
        }
        assert!((last - 1.0).abs() < 1e-9, "full speed again, not {last}");
        Ok(())
    })
    .expect("the scene plays");
}

#[test]
fn tenants_share_fairly() {
    let mut both = Plan::of_one_number(20.0);
    let number = NumberPlan {
        phone_number_id: "901".to_owned(),
        display: "+1 202 555 0101".to_owned(),
        messages_per_s: 20.0,
    };
    let account = AccountPlan { business_id: "101".to_owned(), numbers: vec![number] };
    both.tenants.push(TenantPlan { name: "small".to_owned(), messages_per_s: None, accounts: vec![account] });
    scene(both, async |world, life| {
        let tokens: Vec<String> = world.tenants.lock().iter().map(|tenant| tenant.token.clone()).collect();
        let (big, small) = (life.engine.caller(&tokens[0]).await?, life.engine.caller(&tokens[1]).await?);
        for n in 0..500 {
            send(life, &big, "order_update", &["Ann", "1"], 30_000_000 + n).await?;
        }
        for n in 0..40 {
            send(life, &small, "order_update", &["Ann", "1"], 40_000_000 + n).await?;
        }
        live(world, life);
        world.clock.sleep(4 * SECOND).await;
        let ledger = world.simulator.ledger();
        let small = ledger.submissions.iter().filter(|each| each.phone_number_id == "901").count();
        assert!(small >= 38, "the small tenant got {small} of its 40 out beside the big one");
        Ok(())
    })
    .expect("the scene plays");
}
