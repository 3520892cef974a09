//! On the virtual clock: the wall clock steps, and nothing is sent faster, twice or before its turn.

use anyhow::Result;
use serde_json::{Value, json};

use tidings_domain::clock::Clock;
use tidings_engine::Caller;
use tidings_engine::intake::AcceptOptions;
use tidings_tests::simulation::{Life, Plan, live, scene};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

async fn send(life: &Life, caller: &Caller, to: usize, more: Value) -> Result<()> {
    let mut intent = json!({"to": {"phone": format!("+49151{to:08}")},
        "template": {"name": "order_update", "language": "en_US", "variables": ["Ann", "1"]}});
    for (key, value) in more.as_object().into_iter().flatten() {
        intent[key] = value.clone();
    }
    let options = AcceptOptions { method_path: "POST /v1/messages", ..AcceptOptions::default() };
    life.engine.accept(caller, intent.to_string().as_bytes(), options).await?;
    Ok(())
}

#[test]
fn a_step_of_the_clock_mints_no_tokens_and_loses_no_turn() {
    scene(Plan::of_one_number(10.0), async |world, life| {
        let token = world.tenants.lock()[0].token.clone();
        let caller = life.engine.caller(&token).await?;
        live(world, life);
        for n in 0..60 {
            let expires_at = world.clock.now().plus(30 * DAY);
            send(life, &caller, 30_000_000 + n, json!({"expires_at": expires_at.to_string()})).await?;
        }
        for by_us in [DAY, -3_600 * SECOND, 3_600 * SECOND, -60 * SECOND, 10 * DAY] {
            world.clock.sleep(SECOND).await;
            world.clock.step(by_us);
        }
        world.clock.sleep(30 * SECOND).await;
        let ledger = world.simulator.ledger();
        assert_eq!(ledger.violations, Vec::<String>::new());
        assert_eq!(ledger.submissions.len(), 60, "each is submitted, and none twice");
        let first = ledger.submissions[0].at_us;
        let in_five = ledger.submissions.iter().filter(|each| each.at_us - first < 5 * SECOND).count();
        assert!(in_five <= 56, "{in_five} in five seconds at ten a second");
        Ok(())
    })
    .expect("the scene plays");
}

#[test]
fn a_schedule_fires_once_and_not_before_its_time() {
    scene(Plan::of_one_number(10.0), async |world, life| {
        let token = world.tenants.lock()[0].token.clone();
        let caller = life.engine.caller(&token).await?;
        live(world, life);
        let send_at = world.clock.now().plus(60 * SECOND);
        send(life, &caller, 30_000_000, json!({"send_at": send_at.to_string()})).await?;
        world.clock.sleep(30 * SECOND).await;
        world.clock.step(-40 * SECOND);
        world.clock.sleep(40 * SECOND).await;
        assert_eq!(world.simulator.ledger().submissions.len(), 0, "our clock says that it is not yet time");
        world.clock.sleep(40 * SECOND).await;
        assert_eq!(world.simulator.ledger().submissions.len(), 1);
        world.clock.step(-3_600 * SECOND);
        world.clock.sleep(2 * 3_600 * SECOND).await;
        assert_eq!(world.simulator.ledger().submissions.len(), 1, "its time comes a second time");
        Ok(())
    })
    .expect("the scene plays");
}
