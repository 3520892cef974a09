//! Carries the provider's callbacks to the product, and tells the provider what it was answered.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use tidings_domain::clock::Clock;
use tidings_domain::provider::Callback;
use tidings_engine::{Engine, EngineError};
use tidings_simulator::Webhook;

use super::world::World;
use crate::limits::POST_LOOK_US;

/// Virtual microseconds of a callback's way.
const WAY_US: i64 = 2_000;

pub(super) async fn run(world: Arc<World>, engine: Engine) {
    loop {
        for webhook in world.simulator.take_due(world.true_now_us()) {
            world.notebook.lock().in_the_post.insert(webhook.id);
            tokio::spawn(deliver(world.clone(), engine.clone(), webhook));
        }
        let next_us = world.simulator.next_wake_us().map_or(POST_LOOK_US, |at| at - world.true_now_us());
        tokio::select! {
            biased;
            () = world.bell.notified() => {}
            () = world.clock.sleep(next_us.clamp(1_000, POST_LOOK_US)) => {}
        }
    }
}

async fn deliver(world: Arc<World>, engine: Engine, webhook: Webhook) {
    world.clock.sleep(WAY_US).await;
    let status = answer(&engine, &webhook).await;
    if world.notebook.lock().in_the_post.remove(&webhook.id) {
        world.simulator.webhook_result(world.true_now_us(), webhook.id, Some(status));
    }
}

/// The status that the callback route gives for what the engine says.
async fn answer(engine: &Engine, webhook: &Webhook) -> u16 {
    let mut parts = webhook.url.rsplit('/');
    let (account, region) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let headers = headers(&webhook.headers);
    let callback = Callback { url: &webhook.url, headers: &headers, body: &webhook.body };
    match engine.callback(region, account, callback).await {
        Ok(()) => 200,
        Err(EngineError::Unauthorized) => 401,
        Err(EngineError::Invalid(_)) => 400,
        Err(EngineError::NotFound(_)) => 404,
        Err(_) => 503,
    }
}

pub(crate) fn headers(pairs: &[(String, String)]) -> HeaderMap {
    let pair = |(name, value): &(String, String)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    };
    pairs.iter().filter_map(pair).collect()
}
