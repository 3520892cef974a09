//! Keeping an account bound: bind, serve until it breaks, bind again.

use std::sync::Arc;

use parking_lot::Mutex;
use rusmpp::CommandStatus;
use rusmpp::pdus::DeliverSmResp;
use serde_json::json;
use serde_json::value::to_raw_value;
use tidings_domain::credentials::{Smpp, SmppBind};
use tidings_domain::fact::{CallbackEntry, Fact, Severity};
use tidings_domain::id::AccountId;
use tidings_domain::provider::Attended;
use tidings_domain::secret::Secret;
use tokio::sync::mpsc;

use super::connect::{Mode, NoBind, Reader, Writer, bind};
use super::incoming::Incoming;
use super::link::{Arrived, Link, write_all};
use super::{Bound, SmppProvider, settings};
use crate::limits::{
    SMPP_BIND_US, SMPP_IN_BATCH_MAX, SMPP_IN_MAX, SMPP_REBIND_FIRST_US, SMPP_REBIND_MAX_US, SMPP_REFUSED_US,
};

/// Statuses by which SMSCs say that they know no transceivers.
const NO_TRANSCEIVER: [u32; 3] = [0x03, 0x04, 0x0D];
/// Those that a person must mend.
const NOT_LET_IN: [u32; 3] = [0x0D, 0x0E, 0x0F];

/// One or two bound connections.
struct Pair {
    send: (Reader, Writer),
    receive: Option<(Reader, Writer)>,
}

/// While it lives, the account can be sent through.
struct Registered<'a> {
    provider: &'a SmppProvider,
    account: AccountId,
    link: Arc<Link>,
    /// The receiving side of a pair.
    other: Option<Arc<Link>>,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        let mut bound = self.provider.bound.lock();
        // One that came after us may stand there already.
        if bound.get(&self.account).is_some_and(|bound| Arc::ptr_eq(&bound.link, &self.link)) {
            bound.remove(&self.account);
        }
        drop(bound);
        self.link.close();
        if let Some(other) = &self.other {
            other.close();
        }
    }
}

impl SmppProvider {
    /// Until it is dropped.
    pub(super) async fn keep_bound(&self, attended: Attended) {
        let Some(smpp) = settings(&attended.credentials).cloned() else { return };
        let incoming =
            Incoming::new(attended.account_ref.clone(), attended.sender_refs.clone(), smpp.clone());
        let incoming = Arc::new(Mutex::new(incoming));
        let mut wait_us = SMPP_REBIND_FIRST_US;
        let mut told = "";
        loop {
            let password = &attended.credentials.access_token;
            let (event, rest_us) = match self.bind(&smpp, password).await {
                Ok(pair) => {
                    wait_us = SMPP_REBIND_FIRST_US;
                    tracing::info!(account = %attended.account, "bound to the SMSC");
                    let why = self.serve(&attended, &smpp, &incoming, (pair, &mut told)).await;
                    tracing::warn!(account = %attended.account, why, "the bind to the SMSC is lost");
                    tell(&attended, &mut told, "smpp.lost", Severity::Warning, None).await;
                    self.clock.sleep(SMPP_REBIND_FIRST_US).await;
                    continue;
                }
                Err(NoBind::Refused(status)) if NOT_LET_IN.contains(&status) => {
                    tracing::error!(account = %attended.account, status, "the SMSC refuses the bind");
                    (Some(status), SMPP_REFUSED_US)
                }
                Err(NoBind::Unwritable) => (Some(0), SMPP_REFUSED_US),
                Err(NoBind::Refused(status)) => {
                    tracing::warn!(account = %attended.account, status, "the SMSC does not bind us now");
                    (None, wait_us)
                }
                Err(NoBind::Unreachable) => (None, wait_us),
            };
            match event {
                Some(status) => {
                    tell(&attended, &mut told, "smpp.refused", Severity::Critical, Some(status)).await;
                }
                None => tell(&attended, &mut told, "smpp.unreachable", Severity::Warning, None).await,
            }
            wait_us = (wait_us * 2).min(SMPP_REBIND_MAX_US);
            self.clock.sleep(rest_us).await;
        }
    }

    async fn bind(&self, smpp: &Smpp, password: &Secret) -> Result<Pair, NoBind> {
        let one = async |mode| {
            tokio::select! {
                biased;
                done = bind(smpp, password, mode) => done,
                () = self.clock.sleep(SMPP_BIND_US) => Err(NoBind::Unreachable),
            }
        };
        let pair =
            async || Ok(Pair { send: one(Mode::Send).await?, receive: Some(one(Mode::Receive).await?) });
        match smpp.bind {
            SmppBind::Pair => pair().await,
            SmppBind::Transmitter => Ok(Pair { send: one(Mode::Send).await?, receive: None }),
            SmppBind::Transceiver => match one(Mode::Both).await {
                Ok(send) => Ok(Pair { send, receive: None }),
                Err(NoBind::Refused(status)) if NO_TRANSCEIVER.contains(&status) => {
                    // Where that fails too, the first refusal says more.
                    pair().await.map_err(|_| NoBind::Refused(status))
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Until a connection ends; says why.
    async fn serve(
        &self,
        attended: &Attended,
        smpp: &Smpp,
        incoming: &Arc<Mutex<Incoming>>,
        (pair, told): (Pair, &mut &'static str),
    ) -> &'static str {
        let (link, out) = Link::new(Arc::clone(&self.clock), smpp);
        let (arrived, came) = mpsc::channel(SMPP_IN_MAX);
        let (other_arrived, other_came) = mpsc::channel(SMPP_IN_MAX);
        let (other, other_out) = Link::new(Arc::clone(&self.clock), smpp);
        let bound = Bound { link: Arc::clone(&link), incoming: Arc::clone(incoming) };
        self.bound.lock().insert(attended.account, bound);
        let _registered = Registered {
            provider: self,
            account: attended.account,
            link: Arc::clone(&link),
            other: Some(Arc::clone(&other)),
        };
        let (reader, writer) = pair.send;
        let receiving = async {
            let Some((reader, writer)) = pair.receive else { return std::future::pending().await };
            tokio::select! {
                why = other.listen(reader, &other_arrived, smpp) => why,
                why = write_all(writer, other_out) => why,
                why = self.store(attended, incoming, &other, other_came) => why,
            }
        };
        let telling = async {
            tell(attended, told, "smpp.bound", Severity::Info, None).await;
            std::future::pending().await
        };
        tokio::select! {
            biased;
            why = link.listen(reader, &arrived, smpp) => why,
            why = write_all(writer, out) => why,
            why = self.store(attended, incoming, &link, came) => why,
            why = receiving => why,
            why = telling => why,
        }
    }

    /// Stores what arrived, then answers: the SMSC keeps what we have not stored.
    async fn store(
        &self,
        attended: &Attended,
        incoming: &Mutex<Incoming>,
        link: &Link,
        mut came: mpsc::Receiver<Arrived>,
    ) -> &'static str {
        let mut batch = Vec::with_capacity(SMPP_IN_BATCH_MAX);
        while came.recv_many(&mut batch, SMPP_IN_BATCH_MAX).await > 0 {
            let now = self.clock.now();
            let mut entries = Vec::with_capacity(batch.len());
            let mut numbers = Vec::with_capacity(batch.len());
            {
                let mut incoming = incoming.lock();
                entries.extend(incoming.overdue(now));
                for each in batch.drain(..) {
                    match each {
                        Arrived::Delivery(frame) => {
                            numbers.push(frame.sequence);
                            entries.extend(incoming.delivery(&frame, now));
                        }
                        Arrived::Late(attempt, answer) => entries.push(incoming.late(attempt, &answer, now)),
                    }
                }
            }
            let stored = entries.is_empty() || attended.inbox.take(entries).await.is_ok();
            let status = if stored { CommandStatus::EsmeRok } else { CommandStatus::EsmeRxTAppn };
            for number in numbers {
                link.respond(status, number, DeliverSmResp::default().into()).await;
            }
        }
        "nothing arrives any more"
    }
}

/// Tells of a change once. What cannot be stored now is in the log at least.
async fn tell(
    attended: &Attended,
    told: &mut &'static str,
    event: &'static str,
    severity: Severity,
    status: Option<u32>,
) {
    if *told == event {
        return;
    }
    *told = event;
    let detail = to_raw_value(&json!({"status": status})).expect("a value has only string keys");
    let fact = Fact::AccountSignal { event: event.to_owned(), severity, detail };
    let entry =
        CallbackEntry { account_ref: attended.account_ref.clone(), sender_ref: None, facts: vec![fact] };
    let _ = attended.inbox.take(vec![entry]).await;
}
