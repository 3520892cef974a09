//! One bound connection: requests go out within the window, answers come back by their number.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use parking_lot::Mutex;
use rusmpp::{CommandStatus, Pdu};
use tidings_domain::clock::Clock;
use tidings_domain::credentials::Smpp;
use tidings_domain::id::AttemptId;
use tidings_domain::time::SECOND;
use tidings_domain::transport::TransportError;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::connect::Reader;
use super::frame::{self, Frame};
use crate::limits::{SMPP_LATE_MAX, SMPP_OUT_MAX, SMPP_SEQUENCE_MAX};

const RESPONSE: u32 = 0x8000_0000;
const GENERIC_NACK: u32 = 0x8000_0000;

/// What the SMSC answered to a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u32,
    pub id: String,
}

/// What became of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Answered(Answer),
    /// It certainly did not leave.
    Unsent,
    /// It may have been carried out.
    Silent(TransportError),
}

/// What came in and is to be stored before it is answered.
#[derive(Debug)]
pub(super) enum Arrived {
    Delivery(Box<Frame>),
    /// The answer to a submission that nobody waits for any more.
    Late(AttemptId, Answer),
}

#[derive(Default)]
struct Open {
    closed: bool,
    pending: HashMap<u32, oneshot::Sender<Answer>>,
    late: BTreeMap<u32, AttemptId>,
}

/// The side of a connection that asks.
pub(super) struct Link {
    clock: Arc<dyn Clock>,
    out: mpsc::Sender<Bytes>,
    window: Semaphore,
    sequence: AtomicU32,
    open: Mutex<Open>,
    patience_us: i64,
}

impl Link {
    pub fn new(clock: Arc<dyn Clock>, smpp: &Smpp) -> (Arc<Self>, mpsc::Receiver<Bytes>) {
        let (out, written) = mpsc::channel(SMPP_OUT_MAX);
        let link = Self {
            clock,
            out,
            window: Semaphore::new(usize::from(smpp.window)),
            // The bind took the first.
            sequence: AtomicU32::new(2),
            open: Mutex::default(),
            patience_us: i64::from(smpp.response_timeout_s) * SECOND,
        };
        (Arc::new(link), written)
    }

    fn next(&self) -> u32 {
        self.sequence.fetch_add(1, Ordering::Relaxed) % SMPP_SEQUENCE_MAX + 1
    }

    /// Submits and waits for the answer. Of an attempt that is named, an answer that comes too late is still heard.
    pub async fn ask(&self, pdu: Pdu, attempt: Option<AttemptId>) -> Asked {
        let room = async { self.window.acquire().await.ok() };
        let Some(_permit) = self.in_time(room).await.flatten() else { return Asked::Unsent };
        let sequence = self.next();
        let (answer, answered) = oneshot::channel();
        {
            let mut open = self.open.lock();
            if open.closed {
                return Asked::Unsent;
            }
            open.pending.insert(sequence, answer);
        }
        let octets = frame::write(CommandStatus::EsmeRok, sequence, pdu);
        if !matches!(self.in_time(self.out.send(octets)).await, Some(Ok(()))) {
            self.open.lock().pending.remove(&sequence);
            return Asked::Unsent;
        }
        match self.in_time(answered).await {
            Some(Ok(answer)) => Asked::Answered(answer),
            Some(Err(_)) => Asked::Silent(TransportError::Broken),
            None => {
                self.give_up(sequence, attempt);
                Asked::Silent(TransportError::Timeout)
            }
        }
    }

    fn give_up(&self, sequence: u32, attempt: Option<AttemptId>) {
        let mut open = self.open.lock();
        open.pending.remove(&sequence);
        if let Some(attempt) = attempt {
            if open.late.len() >= SMPP_LATE_MAX {
                open.late.pop_first();
            }
            open.late.insert(sequence, attempt);
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.clock.sleep(self.patience_us) => None,
        }
    }

    /// From here on nothing is asked; whoever waits is told that the connection broke.
    pub fn close(&self) {
        let mut open = self.open.lock();
        open.closed = true;
        open.pending.clear();
        self.window.close();
    }

    /// An answer: to whoever waits for it, or back as one that came too late.
    fn answered(&self, sequence: u32, answer: Answer) -> Option<Arrived> {
        let mut open = self.open.lock();
        match open.pending.remove(&sequence) {
            Some(waiting) => {
                let _ = waiting.send(answer);
                None
            }
            None => open.late.remove(&sequence).map(|attempt| Arrived::Late(attempt, answer)),
        }
    }

    pub async fn respond(&self, status: CommandStatus, sequence: u32, pdu: Pdu) {
        let _ = self.out.send(frame::write(status, sequence, pdu)).await;
    }

    /// Reads until the connection ends or is silent for too long.
    pub async fn listen(
        &self,
        mut frames: Reader,
        arrived: &mpsc::Sender<Arrived>,
        smpp: &Smpp,
    ) -> &'static str {
        let quiet_us = i64::from(smpp.enquire_link_s) * SECOND;
        let mut asked = false;
        loop {
            let wait_us = if asked { self.patience_us } else { quiet_us };
            tokio::select! {
                biased;
                next = frames.next() => match next {
                    None => return "the SMSC closed the connection",
                    Some(Err(_)) => return "the connection broke",
                    Some(Ok(frame)) => {
                        asked = false;
                        if !self.take(frame, arrived).await {
                            return "the SMSC asked us to unbind";
                        }
                    }
                },
                () = self.clock.sleep(wait_us) => {
                    if asked {
                        return "the SMSC did not answer whether it is there";
                    }
                    asked = true;
                    self.respond(CommandStatus::EsmeRok, self.next(), Pdu::EnquireLink).await;
                }
            }
        }
    }

    /// Says whether to go on.
    async fn take(&self, frame: Frame, arrived: &mpsc::Sender<Arrived>) -> bool {
        let (id, status, sequence) = (frame.id, frame.status, frame.sequence);
        let late = match &frame.pdu {
            Some(Pdu::SubmitSmResp(answer)) => {
                self.answered(sequence, Answer { status, id: answer.message_id().as_str().to_owned() })
            }
            // Refusals mostly have no body.
            _ if id == 0x8000_0004 || id == GENERIC_NACK => {
                let status = if status == 0 { 0xFF } else { status };
                self.answered(sequence, Answer { status, id: String::new() })
            }
            Some(Pdu::EnquireLink) => {
                self.respond(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp).await;
                None
            }
            Some(Pdu::Unbind) => {
                self.respond(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp).await;
                return false;
            }
            _ if id == 0x05 => {
                // Read no faster than it can be stored: the SMSC brings it again.
                if let Err(full) = arrived.try_send(Arrived::Delivery(Box::new(frame)))
                    && let Arrived::Delivery(frame) = full.into_inner()
                {
                    let answer = rusmpp::pdus::DeliverSmResp::default();
                    self.respond(CommandStatus::EsmeRxTAppn, frame.sequence, answer.into()).await;
                }
                None
            }
            _ if id & RESPONSE == 0 => {
                self.respond(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack).await;
                None
            }
            _ => None,
        };
        if let Some(late) = late {
            let _ = arrived.try_send(late);
        }
        true
    }
}

/// Writes what is to go out, as much at once as waits.
pub(super) async fn write_all(
    mut writer: impl AsyncWrite + Unpin,
    mut out: mpsc::Receiver<Bytes>,
) -> &'static str {
    let mut batch = Vec::with_capacity(SMPP_OUT_MAX);
    while out.recv_many(&mut batch, SMPP_OUT_MAX).await > 0 {
        let together: Vec<u8> = batch.drain(..).flatten().collect();
        if writer.write_all(&together).await.is_err() || writer.flush().await.is_err() {
            return "the connection broke";
        }
    }
    "nobody writes any more"
}
