//! Carries the simulator's callbacks over real HTTP.

use std::future::Future;
use std::pin::Pin;

use tidings_simulator::{Deliver, Webhook};

pub struct Postman(pub reqwest::Client);

impl Deliver for Postman {
    fn deliver(&self, webhook: &Webhook) -> Pin<Box<dyn Future<Output = Option<u16>> + Send + '_>> {
        let mut request = self.0.post(&webhook.url).body(webhook.body.clone());
        for (name, value) in &webhook.headers {
            request = request.header(name, value);
        }
        Box::pin(async move { request.send().await.ok().map(|answer| answer.status().as_u16()) })
    }
}
