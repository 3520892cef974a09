//! The tenants' applications: each call is repeated, with its idempotency key, until it has an answer.

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use tidings_domain::address::{Address, Phone};
use tidings_domain::category::Channel;
use tidings_domain::clock::Clock;
use tidings_domain::consent::Source;
use tidings_domain::id::{Id, MessageId};
use tidings_domain::time::Timestamp;
use tidings_engine::consents::NewConsentInput;
use tidings_engine::intake::AcceptOptions;
use tidings_engine::store_model::About;
use tidings_engine::{Caller, Engine, EngineError};
use tidings_store::Store;
use tidings_store::model::PauseScope;

use super::rival;
use super::traffic::What;
use super::world::{Accepted, World};

/// Virtual microseconds until an unanswered call is repeated.
const REPEAT_US: i64 = 150_000;

/// Does everything that has no answer yet, each at its time.
pub(super) async fn run(world: Arc<World>, engine: Engine, store: Store) {
    let mut tasks = JoinSet::new();
    for (index, action) in world.plan.actions.iter().enumerate() {
        if world.notebook.lock().done.contains(&index) {
            continue;
        }
        let wait_us = action.at_us - world.clock.elapsed_us();
        if wait_us > 0 {
            world.clock.sleep(wait_us).await;
        }
        let hand = Hand {
            world: world.clone(),
            engine: engine.clone(),
            store: store.clone(),
            index,
            tenant: action.tenant,
        };
        tasks.spawn(hand.see_to());
    }
    while tasks.join_next().await.is_some() {}
}

/// One action in somebody's hand.
struct Hand {
    world: Arc<World>,
    engine: Engine,
    store: Store,
    index: usize,
    tenant: usize,
}

enum Came {
    Answer,
    /// No answer: ask again.
    Nothing,
}

impl Hand {
    async fn see_to(self) {
        while let Came::Nothing = self.once().await {
            self.world.clock.sleep(REPEAT_US).await;
        }
        self.world.notebook.lock().done.insert(self.index);
    }

    async fn once(&self) -> Came {
        let token = self.world.tenants.lock()[self.tenant].token.clone();
        let caller = match self.engine.caller(&token).await {
            Ok(caller) => caller,
            Err(error) => return self.weigh(&error),
        };
        let plan = self.world.plan.clone();
        let now_us = self.world.true_now_us();
        let simulator = &self.world.simulator;
        match &plan.actions[self.index].what {
            What::Send { .. } | What::Batch { .. } => self.send(&caller, self.index).await,
            What::Repeat { of } => self.send(&caller, *of).await,
            What::Cancel { of } => self.cancel(&caller, *of).await,
            What::Consent { phone, granted } => self.consent(&caller, phone, *granted).await,
            What::Pause { scope, target, for_us } => self.pause(&caller, *scope, target, *for_us).await,
            What::Preference { number, phone, stop } => {
                simulator.user_preference(now_us, number, &phone[1..], if *stop { "stop" } else { "resume" });
                self.world.bell.notify_one();
                Came::Answer
            }
            What::Inbound { number, phone, text } => {
                simulator.inbound_text(now_us, number, &phone[1..], text);
                self.world.bell.notify_one();
                Came::Answer
            }
            What::Template { business_id, name, for_us } => {
                self.world.template(business_id, name, "PAUSED");
                self.world.clock.sleep(*for_us).await;
                self.world.template(business_id, name, "APPROVED");
                Came::Answer
            }
            What::Outage { .. }
            | What::Storm { .. }
            | What::Disk { .. }
            | What::Step { .. }
            | What::Steal { .. }
            | What::Nothing => self.fate(&plan.actions[self.index].what).await,
        }
    }

    /// What nobody does: it happens.
    async fn fate(&self, what: &What) -> Came {
        let elapsed_us = self.world.clock.elapsed_us();
        let tally = &self.world.tally;
        match what {
            What::Outage { for_us } => {
                self.world.simulator.outage(self.world.true_now_us() + for_us);
                tally.add("outages of the provider", 1);
            }
            What::Storm { storm, for_us } => {
                self.world.wire.set(*storm, elapsed_us + for_us);
                tally.add("bad or slow networks", 1);
            }
            What::Disk { spell, for_us } => {
                self.world.disk.set(*spell, elapsed_us + for_us);
                tally.add("bad or slow disks", 1);
            }
            What::Step { by_us } => {
                self.world.clock.step(*by_us);
                tally.add("steps of the wall clock", 1);
            }
            What::Steal { for_us } => {
                if let Err(error) = rival::steal(&self.world, &self.store, *for_us).await {
                    return self.weigh(&error.into());
                }
            }
            _ => {}
        }
        Came::Answer
    }

    /// A definite refusal is an answer; what may pass is asked again.
    fn weigh(&self, error: &EngineError) -> Came {
        match error {
            EngineError::Unavailable { .. }
            | EngineError::TooMany { .. }
            | EngineError::Full
            | EngineError::IdempotencyInProgress => Came::Nothing,
            EngineError::Internal(cause) => {
                self.broken(format!("internal: action {} met {cause:?}", self.index));
                Came::Answer
            }
            _ => {
                self.world.notebook.lock().refused += 1;
                Came::Answer
            }
        }
    }

    fn broken(&self, text: String) {
        self.world.notebook.lock().broken.push(text);
    }

    async fn send(&self, caller: &Caller, of: usize) -> Came {
        let action = &self.world.plan.actions[of];
        let at = self.world.clock.true_now().plus(action.at_us - self.world.clock.elapsed_us());
        let (key, intents, batch) = match &action.what {
            What::Send { key, intent } => (key, std::slice::from_ref(intent), false),
            What::Batch { key, intents } => (key, intents.as_slice(), true),
            _ => return Came::Answer,
        };
        let bodies: Vec<Value> = intents.iter().map(|intent| absolute(intent, at)).collect();
        let body =
            if batch { serde_json::json!({ "messages": bodies }) } else { bodies[0].clone() }.to_string();
        let reply = if batch {
            let method_path = "POST /v1/messages/batch";
            let options = AcceptOptions { idempotency_key: Some(key), method_path, trace: None };
            self.engine.accept_batch(caller, body.as_bytes(), options).await
        } else {
            let options =
                AcceptOptions { idempotency_key: Some(key), method_path: "POST /v1/messages", trace: None };
            self.engine.accept(caller, body.as_bytes(), options).await
        };
        match reply {
            Ok(reply) => {
                let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
                self.note(of, &answer, intents);
                Came::Answer
            }
            Err(EngineError::IdempotencyMismatch) => {
                self.broken(format!("idempotency: action {of} repeated is said to have another body"));
                Came::Answer
            }
            Err(error) => self.weigh(&error),
        }
    }

    /// Writes down which ids were given; a repeated call must be given the same.
    fn note(&self, of: usize, answer: &Value, intents: &[Value]) {
        let given: Vec<(usize, String)> = match answer["accepted"].as_array() {
            None => answer["id"].as_str().map(|id| (0, id.to_owned())).into_iter().collect(),
            Some(items) => items
                .iter()
                .filter_map(|item| Some((item["index"].as_u64()? as usize, item["id"].as_str()?.to_owned())))
                .collect(),
        };
        let ids: Vec<String> = given.iter().map(|(_, id)| id.clone()).collect();
        let mut notebook = self.world.notebook.lock();
        for (index, id) in given {
            let phone = intents[index]["to"]["phone"].as_str().unwrap_or_default().to_owned();
            let ordered = intents[index]["ordered"].as_bool().unwrap_or_default();
            notebook.accepted.insert(id, Accepted { tenant: self.tenant, phone, ordered });
        }
        match notebook.answers.get(&of) {
            Some(before) if *before != ids => {
                let text = format!("idempotency: action {of} was answered {before:?}, then {ids:?}");
                notebook.broken.push(text);
            }
            Some(_) => {}
            None => {
                notebook.answers.insert(of, ids);
            }
        }
    }

    async fn cancel(&self, caller: &Caller, of: usize) -> Came {
        let id = self.world.notebook.lock().answers.get(&of).and_then(|ids| ids.first().cloned());
        let Some(id) = id.and_then(|text| MessageId::parse(&text).ok()) else { return Came::Answer };
        match self.engine.cancel(caller, id).await {
            Ok(_) => {
                self.world.notebook.lock().canceled.insert(id.to_string());
                Came::Answer
            }
            Err(error) => self.weigh(&error),
        }
    }

    async fn consent(&self, caller: &Caller, phone: &str, granted: bool) -> Came {
        let input = NewConsentInput {
            address: Address::Phone(Phone::parse(phone).expect("the traffic uses whole numbers")),
            channel: Channel::Whatsapp.into(),
            purpose: "marketing".to_owned(),
            granted,
            source: Source::App,
            about: About::default(),
            at: None,
        };
        match self.engine.add_consent(caller, input).await {
            Ok(consent) => {
                let entry = (self.tenant, phone.to_owned(), granted);
                self.world.notebook.lock().consents.insert(consent.consent.id.to_string(), entry);
                Came::Answer
            }
            Err(error) => self.weigh(&error),
        }
    }

    async fn pause(&self, caller: &Caller, scope: PauseScope, target: &str, for_us: i64) -> Came {
        let until = Some(self.world.clock.now().plus(for_us));
        let target = match scope {
            PauseScope::Sender => self.world.tenants.lock()[self.tenant].senders[0].clone(),
            _ => target.to_owned(),
        };
        match self.engine.pause(caller, scope, &target, "a wrong price", until).await {
            Ok(_) => Came::Answer,
            Err(error) => self.weigh(&error),
        }
    }
}

/// Times of an intent are planned relative to its action; the same bytes go out each time.
fn absolute(intent: &Value, at: Timestamp) -> Value {
    let mut intent = intent.clone();
    let mut base = at;
    for field in ["send_at", "expires_at"] {
        if let Some(relative) = intent[field].as_i64() {
            base = base.plus(relative);
            intent[field] = base.to_string().into();
        } else if let Some(object) = intent.as_object_mut() {
            object.remove(field);
        }
    }
    intent
}
