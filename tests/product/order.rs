//! On the virtual clock: messages to one person leave in the order in which they came, also where the store or
//! the way to the provider fails for a while.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use tidings_domain::clock::Clock;
use tidings_domain::id::{AttemptId, Id};
use tidings_engine::intake::AcceptOptions;
use tidings_tests::simulation::{Life, Plan, Spell, Storm, World, live, scene};

const SECOND: i64 = 1_000_000;

/// One call that brings messages to these people, in this order; their ids.
async fn batch(world: &World, life: &Life, people: &[usize]) -> Result<Vec<String>> {
    let token = world.tenants.lock()[0].token.clone();
    let caller = life.engine.caller(&token).await?;
    let intent = |to: &usize| {
        json!({"to": {"phone": format!("+49151{to:08}")},
            "template": {"name": "order_update", "language": "en_US", "variables": ["Ann", "1"]}})
    };
    let body = json!({"messages": people.iter().map(intent).collect::<Vec<_>>()});
    let options = AcceptOptions { method_path: "POST /v1/messages/batch", ..AcceptOptions::default() };
    let reply = life.engine.accept_batch(&caller, body.to_string().as_bytes(), options).await?;
    let reply: Value = serde_json::from_slice(&reply.body)?;
    let accepted = reply["accepted"].as_array().context("a list")?;
    Ok(accepted.iter().filter_map(|each| each["id"].as_str()).map(str::to_owned).collect())
}

/// What reached the provider, by person, each message once.
fn arrived(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for submission in world.simulator.ledger().submissions {
        let attempt = submission.callback_data.as_deref().and_then(|text| AttemptId::parse(text).ok());
        let id = attempt.expect("every submission carries its attempt").message().to_string();
        let came = people.entry(submission.to).or_default();
        if !came.contains(&id) {
            came.push(id);
        }
    }
    people
}

/// Everything arrived, and to everybody in the order in which it was asked for.
fn assert_in_order(world: &World, people: &[usize], ids: &[String]) {
    let arrived = arrived(world);
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (to, id) in people.iter().zip(ids) {
        wanted.entry(format!("49151{to:08}")).or_default().push(id.clone());
    }
    assert_eq!(arrived, wanted);
}

#[test]
fn a_batch_leaves_in_its_order() {
    scene(Plan::of_one_number(80.0), async |world, life| {
        let people: Vec<usize> = (0..90).map(|n| n % 3).collect();
        let ids = batch(world, life, &people).await?;
        live(world, life);
        world.clock.sleep(10 * SECOND).await;
        assert_in_order(world, &people, &ids);
        Ok(())
    })
    .expect("the scene plays");
}

#[test]
fn messages_whose_claim_failed_keep_their_place_before_what_is_in_memory() {
    scene(Plan::of_one_number(80.0), async |world, life| {
        // So many that the lane does not load again while it has them in memory: 240 people, two messages each.
        let people: Vec<usize> = (0..480).map(|n| n / 2).collect();
        let ids = batch(world, life, &people).await?;
        live(world, life);
        world.clock.sleep(SECOND / 2).await;
        assert!((10..100).contains(&world.simulator.ledger().submissions.len()), "some have left");
        world.disk.set(Spell::Down, world.clock.elapsed_us() + SECOND);
        world.clock.sleep(20 * SECOND).await;
        assert_in_order(world, &people, &ids);
        Ok(())
    })
    .expect("the scene plays");
}

#[test]
fn a_message_that_backs_off_for_less_than_five_seconds_goes_first() {
    scene(Plan::of_one_number(80.0), async |world, life| {
        world.wire.set(Storm::Partial(1.0), SECOND / 2 + world.clock.elapsed_us());
        let people: Vec<usize> = (0..20).map(|n| n / 2).collect();
        let ids = batch(world, life, &people).await?;
        live(world, life);
        world.clock.sleep(SECOND / 2).await;
        assert_eq!(world.simulator.ledger().submissions.len(), 0, "no connection is made");
        world.clock.sleep(20 * SECOND).await;
        assert_in_order(world, &people, &ids);
        Ok(())
    })
    .expect("the scene plays");
}
