//! SMS by SMPP 3.4: a bind for each account, kept by the account's owner.
//!
//! The codec is a crate's; connections, window, timers and what receipts mean are here. A submission that was written
//! and not answered is a doubt; the answer that comes after all settles it.

mod attend;
mod compose;
mod connect;
mod frame;
mod incoming;
mod link;
mod receipt;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use futures_util::future::join_all;
use parking_lot::Mutex;
use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::credentials::{Connection, Credentials, ProviderKind, Smpp};
use tidings_domain::fact::ProviderError;
use tidings_domain::id::AccountId;
use tidings_domain::outgoing::Outgoing;
use tidings_domain::provider::{Attended, Doubt, Outcome, Provider, Rejection, Submission};
use tidings_domain::transport::TransportError;

use incoming::Incoming;
use link::{Asked, Link};

/// Code of a refusal that is ours: the message or an address of it cannot be written.
const UNWRITABLE: u32 = 0x01;

/// What a bound account sends through.
#[derive(Clone)]
struct Bound {
    link: Arc<Link>,
    incoming: Arc<Mutex<Incoming>>,
}

/// The adapter to SMSCs; one serves all accounts.
pub struct SmppProvider {
    clock: Arc<dyn Clock>,
    bound: Mutex<BTreeMap<AccountId, Bound>>,
    /// Tells the parts of one message from those of the next.
    reference: AtomicU16,
}

impl SmppProvider {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, bound: Mutex::default(), reference: AtomicU16::new(0) }
    }

    async fn send(&self, credentials: &Credentials, submission: Submission<'_>) -> Outcome {
        let bound = self.bound.lock().get(&submission.account).cloned();
        let (Some(bound), Some(smpp)) = (bound, settings(credentials)) else {
            return Outcome::NotSent(TransportError::Connect);
        };
        let Outgoing::Sms(sms) = submission.content else { return refused(UNWRITABLE) };
        let number = self.reference.fetch_add(1, Ordering::Relaxed);
        let to = submission.to.expose();
        let Ok(pdus) = compose::compose(smpp, submission.sender_ref, to, &sms.text, number) else {
            return refused(UNWRITABLE);
        };
        let last = pdus.len() - 1;
        let asked = pdus.into_iter().enumerate().map(|(index, pdu)| {
            let attempt = (index == last).then_some(submission.attempt);
            bound.link.ask(pdu, attempt)
        });
        let asked = join_all(asked).await;
        outcome(&bound, smpp, &asked, &submission)
    }
}

/// What the answers to all parts prove of the message.
fn outcome(bound: &Bound, smpp: &Smpp, asked: &[Asked], submission: &Submission<'_>) -> Outcome {
    let refusal = asked.iter().find_map(|each| match each {
        Asked::Answered(answer) if answer.status != 0 => Some(answer.status),
        _ => None,
    });
    if let Some(status) = refusal {
        // Without one of its parts no phone shows the message.
        return refused(status);
    }
    if asked.contains(&Asked::Unsent) {
        return Outcome::NotSent(TransportError::Connect);
    }
    let mut ids = Vec::with_capacity(asked.len());
    for each in asked {
        match each {
            Asked::Silent(error) => return Outcome::InDoubt(Doubt::Transport(*error)),
            Asked::Answered(answer) => ids.push(receipt::of_answer(&answer.id, smpp.message_ids)),
            Asked::Unsent => {}
        }
    }
    let mut provider_id = ids.last().cloned().unwrap_or_default();
    if provider_id.is_empty() {
        provider_id = format!("none-{}", submission.attempt);
    }
    if ids.len() > 1 {
        bound.incoming.lock().remember_parts(&ids, &provider_id);
    }
    Outcome::Accepted { provider_id, held: false }
}

fn refused(status: u32) -> Outcome {
    Outcome::Rejected(Rejection {
        error: ProviderError { code: i64::from(status), ..ProviderError::default() },
        http_status: 0,
        retry_after_s: None,
    })
}

fn settings(credentials: &Credentials) -> Option<&Smpp> {
    match &credentials.connection {
        Some(Connection::Smpp(smpp)) => Some(smpp),
        _ => None,
    }
}

impl Provider for SmppProvider {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Smpp
    }

    fn submit<'a>(
        &'a self,
        credentials: &'a Credentials,
        submission: Submission<'a>,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.send(credentials, submission))
    }

    fn attend(&self, attended: Attended) -> BoxFuture<'_, ()> {
        Box::pin(self.keep_bound(attended))
    }
}
