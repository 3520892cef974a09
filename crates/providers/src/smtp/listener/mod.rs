//! A small mail server that takes only what comes back to signed addresses.
//!
//! It relays nothing and queues nothing: a mail is answered 250 only once its effects are durable, else the other
//! side keeps it and comes again.

mod reader;
mod session;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tidings_domain::clock::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::verp::Token;
use crate::limits::{LISTENER_CONNECTIONS_MAX, LISTENER_CONNECTIONS_PER_PEER_MAX, LISTENER_SESSION_TIMEOUT};

/// Who takes the mails in.
pub trait Mailroom: Send + Sync + 'static {
    /// Whether the address was made by one of our accounts.
    fn knows<'a>(&'a self, to: &'a str, token: Token) -> BoxFuture<'a, Verdict>;
    /// Takes a mail. `Taken` says that its effects are durable.
    fn take<'a>(&'a self, to: &'a str, token: Token, mail: Bytes) -> BoxFuture<'a, Verdict>;
}

/// What becomes of an address or of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Taken,
    /// For good.
    Refused,
    /// Try again later.
    NotNow,
}

/// Serves until it is told to stop.
pub async fn serve(listener: TcpListener, name: String, room: Arc<dyn Mailroom>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(LISTENER_CONNECTIONS_MAX));
    let peers: Arc<Mutex<HashMap<IpAddr, usize>>> = Arc::default();
    let sessions = TaskTracker::new();
    let name: Arc<str> = name.into();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        // A failure to accept is of that connection, or of the machine for a moment.
        let Ok((stream, peer)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        let (Ok(place), Some(seat)) = (places.clone().try_acquire_owned(), Seat::take(&peers, peer.ip()))
        else {
            continue;
        };
        let (room, name, stop) = (room.clone(), name.clone(), stop.clone());
        sessions.spawn(async move {
            let _held = (place, seat);
            let talk = session::run(stream, &name, room.as_ref());
            tokio::select! {
                () = stop.cancelled() => {}
                _ended = tokio::time::timeout(LISTENER_SESSION_TIMEOUT, talk) => {}
            }
        });
    }
    sessions.close();
    sessions.wait().await;
}

/// One of the places that an address has.
struct Seat {
    peers: Arc<Mutex<HashMap<IpAddr, usize>>>,
    peer: IpAddr,
}

impl Seat {
    fn take(peers: &Arc<Mutex<HashMap<IpAddr, usize>>>, peer: IpAddr) -> Option<Self> {
        let mut all = peers.lock();
        let taken = all.entry(peer).or_default();
        if *taken >= LISTENER_CONNECTIONS_PER_PEER_MAX {
            return None;
        }
        *taken += 1;
        Some(Self { peers: peers.clone(), peer })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = self.peers.lock();
        if let Some(taken) = all.get_mut(&self.peer) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.peer);
            }
        }
    }
}
