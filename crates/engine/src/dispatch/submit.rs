//! From a claim to a recorded outcome. The claim is durable, then the journal is written, then the request
//! is made, then what it proved is recorded; nothing on this way is decided from memory alone.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use tokio::sync::{Notify, mpsc};

use tidings_domain::credentials::Credentials;
use tidings_domain::failure::ShapingAction;
use tidings_domain::id::SenderId;
use tidings_domain::lifecycle::AttemptState;
use tidings_domain::provider::{Doubt, Outcome, Provider, Rejection, Submission};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;
use tidings_domain::transport::TransportError;
use tidings_store::Store;
use tidings_store::error::StoreError;
use tidings_store::model::{AttemptResult, Claimed, DueItem, Epoch, Next, OpenAttempt, Recorded, Settle};

use super::breaker::Reach;
use super::holdings::Holdings;
use super::journal::Journal;
use super::retry::{self, Failed};
use super::swap;
use crate::catalog::Snapshot;
use crate::content::Content;
use crate::limits::{CLAIM_REST_US, GIVEN_BACK_REST_US, RECORD_BATCH_MAX};
use crate::metrics::Counter;
use crate::pipeline::Engine;
use crate::policy;

/// What the keeper is told when a message has left its hands.
#[derive(Debug)]
pub(super) enum Done {
    /// A claim came back: this many of each class are no longer being claimed.
    Claim { lane: SenderId, class: usize },
    /// The claim could not be made or kept: the message stands in the queue as before, and rests.
    Back { item: DueItem, rest_us: i64 },
    /// It is not known whether a claim in this slot is in the store.
    Unsure { slot: u8 },
    /// The claim was not won; its tokens can be used by others.
    Unused { item: DueItem, again_at: Option<tidings_domain::time::Timestamp> },
    /// Past its time, and ended so; it took no token.
    Expired { item: DueItem },
    /// The outcome is recorded.
    Recorded { item: DueItem, next: Next, code: Option<i64>, reach: Reach, refused: Option<Secret> },
}

/// An outcome to be recorded; with the access token, where the provider refused because of the account.
pub(super) type Weighed = (Recorded, Option<Secret>);

/// What one claim needs; shared by all its submissions.
pub(super) struct Hand {
    pub engine: Engine,
    pub store: Store,
    pub journal: Arc<dyn Journal>,
    pub done: mpsc::Sender<Done>,
    pub outcomes: mpsc::Sender<Weighed>,
    /// Messages that are being claimed or about to be sent.
    pub unsent: AtomicUsize,
    /// Tells that there are none.
    pub sent: Notify,
}

impl Hand {
    /// Claims, then sends each message that was won.
    pub async fn claim(
        self: Arc<Self>,
        items: Vec<DueItem>,
        class: usize,
        snapshot: Arc<Snapshot>,
        epoch: Epoch,
    ) {
        let lane = items[0].sender;
        let sys = self.store.system();
        let now = self.engine.now();
        let swaps = swap::find(&self.store, &items, &snapshot, now).await;
        let judge = policy::claim_judge(Arc::clone(&snapshot), items[0].account, now, swaps);
        let kept = items.clone();
        let won = match self.store.claim(&sys, epoch, items, judge, now).await {
            Ok(claimed) => self.sort(claimed).await,
            Err(error) => {
                tracing::warn!(error = %error, "a claim failed; its messages stay queued");
                self.engine.0.metrics.add(Counter::store_errors, 1);
                self.take_back(kept, epoch, now, CLAIM_REST_US).await;
                Vec::new()
            }
        };
        if !won.is_empty() {
            self.send_all(won, &snapshot, epoch, now).await;
        }
        self.tell(Done::Claim { lane, class }).await;
        self.engine.tick();
    }

    async fn sort(&self, claimed: Vec<Claimed>) -> Vec<(DueItem, Vec<u8>)> {
        let mut won = Vec::with_capacity(claimed.len());
        for each in claimed {
            let (item, again_at) = match each {
                Claimed::Won { item, content } => {
                    won.push((item, content));
                    continue;
                }
                Claimed::Denied { item, .. } => {
                    self.engine.0.metrics.add(Counter::messages_denied, 1);
                    (item, None)
                }
                Claimed::Deferred { item, until } => (item, Some(until)),
                Claimed::Expired { item } => {
                    self.engine.0.metrics.add(Counter::expired, 1);
                    self.left(1);
                    self.tell(Done::Expired { item }).await;
                    continue;
                }
                Claimed::Gone { item } => (item, None),
            };
            self.left(1);
            self.tell(Done::Unused { item, again_at }).await;
        }
        self.engine.0.metrics.add(Counter::claims, won.len() as u64);
        won
    }

    /// So many messages are sent, given back or not claimed at all.
    fn left(&self, n: usize) {
        if self.unsent.fetch_sub(n, Ordering::AcqRel) == n {
            self.sent.notify_one();
        }
    }

    async fn send_all(
        self: &Arc<Self>,
        won: Vec<(DueItem, Vec<u8>)>,
        snapshot: &Arc<Snapshot>,
        epoch: Epoch,
        claimed_at: Timestamp,
    ) {
        let attempts: Vec<_> = won.iter().map(|(item, _)| item.attempt_id()).collect();
        let noted = self.may_submit(epoch) && self.journal.note(&attempts).is_ok();
        for (item, content) in won {
            if noted {
                let hand = Arc::clone(self);
                let snapshot = Arc::clone(snapshot);
                tokio::spawn(async move { hand.send(item, content, &snapshot, epoch, claimed_at).await });
            } else {
                self.take_back(vec![item], epoch, claimed_at, GIVEN_BACK_REST_US).await;
            }
        }
    }

    /// Queues claims again that certainly did not leave. A claim whose commit failed may be durable all the
    /// same: a connection can break between the commit and the word that it was done. A claim of the same message
    /// that was made at another time is another one, and may be on its way.
    async fn take_back(&self, items: Vec<DueItem>, epoch: Epoch, claimed_at: Timestamp, rest_us: i64) {
        let settled = self.requeue(&items, epoch, claimed_at).await;
        self.left(items.len());
        for item in items {
            self.tell(Done::Back { item, rest_us }).await;
        }
        if !settled {
            self.tell(Done::Unsure { slot: epoch.slot }).await;
        }
    }

    /// Says whether the store did it. Who lost the slot decides nothing; its next owner settles what is left.
    async fn requeue(&self, items: &[DueItem], epoch: Epoch, claimed_at: Timestamp) -> bool {
        let sys = self.store.system();
        let mut wait_us = 50_000;
        while self.holdings().holds(epoch) {
            let now = self.engine.now();
            let requeue = |item: &DueItem| {
                let item = item.clone();
                let state = AttemptState::Claimed;
                let open = OpenAttempt { item, state, epoch, claimed_at, doubt_until: None, review: None };
                (open, Settle::Requeue)
            };
            match self.store.settle(&sys, epoch, items.iter().map(requeue).collect(), now).await {
                Ok(()) => return true,
                Err(StoreError::Conflict(_)) => return false,
                Err(error) => {
                    tracing::warn!(error = %error, "claims could not be given back; trying again");
                    self.engine.0.clock.sleep(wait_us).await;
                    wait_us = (wait_us * 2).min(2_000_000);
                }
            }
        }
        false
    }

    fn holdings(&self) -> &Holdings {
        &self.engine.0.wakes.mailbox(self.store.region()).holdings
    }

    /// Whether the slot is still ours and its lease holds long enough.
    fn may_submit(&self, epoch: Epoch) -> bool {
        self.holdings().may_submit(epoch)
    }

    async fn send(
        &self,
        item: DueItem,
        content: Vec<u8>,
        snapshot: &Snapshot,
        epoch: Epoch,
        claimed_at: Timestamp,
    ) {
        if !self.may_submit(epoch) {
            return self.take_back(vec![item], epoch, claimed_at, GIVEN_BACK_REST_US).await;
        }
        self.left(1);
        self.engine.0.metrics.add(Counter::submissions, 1);
        tracing::debug!(trace = %item.trace, msg = %item.message, attempt = item.attempt, "submitting");
        // An adapter that panics has perhaps sent it: a doubt like any other, and no other message's concern.
        let submitting = AssertUnwindSafe(self.submit(&item, &content, snapshot));
        let outcome = submitting.catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(message = %item.message, "the adapter panicked; the attempt is in doubt");
            Outcome::InDoubt(Doubt::Crash)
        });
        let recorded = self.weigh(item, outcome);
        log(&recorded);
        let refused = refused_token(&recorded, snapshot);
        if self.outcomes.send((recorded, refused)).await.is_err() {
            tracing::debug!("the recorder has stopped; recovery settles the attempt");
        }
    }

    async fn submit(&self, item: &DueItem, content: &[u8], snapshot: &Snapshot) -> Outcome {
        let Some((provider, credentials, sender_ref)) = self.way(item, snapshot) else {
            return Outcome::NotSent(TransportError::Connect);
        };
        let Some(content) = Content::read(content) else {
            return Outcome::Rejected(Rejection {
                error: tidings_domain::fact::ProviderError {
                    code: 100,
                    title: "stored content cannot be read".to_owned(),
                    detail: String::new(),
                },
                http_status: 0,
                retry_after_s: None,
            });
        };
        let submission = Submission {
            attempt: item.attempt_id(),
            account: item.account,
            sender_ref,
            to: &content.to,
            content: &content.message,
            trace: Some(item.trace),
        };
        provider.submit(credentials, submission).await.of(provider.kind())
    }

    fn way<'a>(
        &'a self,
        item: &DueItem,
        snapshot: &'a Snapshot,
    ) -> Option<(&'a Arc<dyn Provider>, &'a Credentials, &'a str)> {
        let account = snapshot.accounts.get(&item.account)?;
        let sender = snapshot.senders.get(&item.sender)?;
        let provider = self.engine.0.providers.get(account.provider)?;
        Some((provider, &account.credentials, &sender.provider_ref))
    }

    /// What the outcome proves, and what we choose to do next.
    fn weigh(&self, item: DueItem, outcome: Outcome) -> Recorded {
        let now = self.engine.now();
        let metrics = &self.engine.0.metrics;
        let mut recorded = Recorded {
            at: now,
            result: AttemptResult::Failed { code: 0 },
            next: Next::Done,
            recipient_invalid: None,
            recipient_cool_until: None,
            item,
        };
        match outcome {
            Outcome::Accepted { provider_id, held } => {
                metrics.add(Counter::submissions_accepted, 1);
                recorded.result = AttemptResult::Accepted { provider_id, held };
            }
            Outcome::Rejected(rejection) => {
                metrics.add(Counter::submissions_rejected, 1);
                self.weigh_failure(&mut recorded, rejection.error.code, rejection.retry_after_s);
            }
            Outcome::NotSent(_) => {
                // As definite as a refusal: the provider never saw it.
                metrics.add(Counter::submissions_rejected, 1);
                self.weigh_failure(&mut recorded, retry::NOT_SENT, None);
            }
            Outcome::InDoubt(doubt) => {
                metrics.add(Counter::submissions_in_doubt, 1);
                let code = match &doubt {
                    Doubt::Failure(rejection) => Some(rejection.error.code),
                    _ => None,
                };
                recorded.result = AttemptResult::InDoubt { reason: doubt.as_str(), code };
                let until = now.plus(self.engine.0.config.doubt_for(recorded.item.category));
                recorded.next = Next::AwaitReceipt { until };
            }
        }
        recorded
    }

    fn weigh_failure(&self, recorded: &mut Recorded, code: i64, retry_after_s: Option<u32>) {
        let entry = retry::entry(code);
        recorded.result = AttemptResult::Failed { code };
        recorded.next = retry::next_after_failure(&Failed {
            entry,
            code,
            attempt: recorded.item.attempt,
            expires_at: recorded.item.expires_at,
            retry_after_s,
            now: recorded.at,
            unit: self.engine.0.ids.unit(),
        });
        let (invalid, cool_until) = retry::about_recipient(entry, recorded.at);
        recorded.recipient_invalid = invalid.then_some(code);
        recorded.recipient_cool_until = cool_until;
        match recorded.next {
            Next::Retry { .. } => self.engine.0.metrics.add(Counter::retries, 1),
            Next::Dead { .. } => self.engine.0.metrics.add(Counter::dead_letters, 1),
            _ => {}
        }
    }

    async fn tell(&self, done: Done) {
        // The keeper is gone only when the process stops; the store knows everything it needs.
        let _ = self.done.send(done).await;
    }
}

fn refused_token(recorded: &Recorded, used: &Snapshot) -> Option<Secret> {
    let AttemptResult::Failed { code } = recorded.result else { return None };
    let account = used.accounts.get(&recorded.item.account)?;
    (retry::entry(code).action == ShapingAction::PauseAccount)
        .then(|| account.credentials.access_token.clone())
}

/// The attempt's line in the log, before its outcome is stored.
fn log(recorded: &Recorded) {
    let item = &recorded.item;
    let what = match (&recorded.result, &recorded.next) {
        (AttemptResult::Accepted { .. }, _) => "submitted",
        (AttemptResult::InDoubt { .. }, _) => "in doubt",
        (AttemptResult::Failed { .. }, Next::Retry { .. }) => "retrying",
        (AttemptResult::Failed { .. }, _) => "failed",
    };
    let code = match recorded.result {
        AttemptResult::Failed { code } => Some(code),
        AttemptResult::InDoubt { code, .. } => code,
        AttemptResult::Accepted { .. } => None,
    };
    tracing::debug!(trace = %item.trace, msg = %item.message, attempt = item.attempt, code, "{what}");
}

/// Records outcomes, many at a time. Facts are never thrown away: a store that fails is asked again.
pub(super) async fn record_loop(
    engine: Engine,
    store: Store,
    mut outcomes: mpsc::Receiver<Weighed>,
    done: mpsc::Sender<Done>,
) {
    let mut batch = Vec::with_capacity(RECORD_BATCH_MAX);
    while outcomes.recv_many(&mut batch, RECORD_BATCH_MAX).await > 0 {
        let sys = store.system();
        let mut wait_us = 50_000;
        let recorded: Vec<Recorded> = batch.iter().map(|(recorded, _): &Weighed| recorded.clone()).collect();
        while let Err(error) = store.record(&sys, recorded.clone()).await {
            tracing::warn!(error = %error, outcomes = batch.len(), "outcomes could not be recorded; trying again");
            engine.0.metrics.add(Counter::store_errors, 1);
            engine.0.clock.sleep(wait_us).await;
            wait_us = (wait_us * 2).min(2_000_000);
        }
        for (recorded, refused) in batch.drain(..) {
            let code = match recorded.result {
                AttemptResult::Failed { code } => Some(code),
                AttemptResult::InDoubt { code, .. } => code,
                AttemptResult::Accepted { .. } => None,
            };
            let reach = Reach::of(&recorded.result);
            let _ = done
                .send(Done::Recorded { item: recorded.item, next: recorded.next, code, reach, refused })
                .await;
        }
        engine.tick();
    }
}
