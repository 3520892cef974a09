//! The listener: an accept loop of our own, since what bounds a connection must be set on it.
//!
//! A connection costs one permit of [`limits::CONNECTIONS_MAX`]; while none is free, new ones wait in the
//! system's backlog. One that sends no whole request head in time is dropped, whatever it speaks.

mod connection;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::front::Front;
use crate::limits;
pub(crate) use connection::Peer;
use tls::{Certificates, TlsError, TlsFiles};

/// Why the listener did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Answers requests until `shutdown`, then lets the open ones end within [`limits::SHUTDOWN_TIME`].
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsFiles>,
    app: impl Into<Front>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let acceptor = match tls {
        None => None,
        Some(files) => {
            let certificates = Arc::new(Certificates::load(files)?);
            let acceptor = TlsAcceptor::from(Arc::new(certificates.server_config()?));
            tokio::spawn(tls::watch(certificates, shutdown.clone()));
            Some(acceptor)
        }
    };
    let app = app.into();
    let listen = Listen { app, acceptor, graceful: GracefulShutdown::new(), kill: CancellationToken::new() };
    let tasks = TaskTracker::new();
    listen.accept_until(&listener, &shutdown, &tasks).await;
    drop(listener);
    tasks.close();
    let kill = listen.kill.clone();
    if timeout(limits::SHUTDOWN_TIME, listen.graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still open at the end of the shutdown time; they are cut off");
    }
    kill.cancel();
    tasks.wait().await;
    Ok(())
}

struct Listen {
    app: Front,
    acceptor: Option<TlsAcceptor>,
    graceful: GracefulShutdown,
    /// Cuts off what did not end by itself.
    kill: CancellationToken,
}

impl Listen {
    async fn accept_until(&self, listener: &TcpListener, shutdown: &CancellationToken, tasks: &TaskTracker) {
        let permits = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
        loop {
            let next = async {
                let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                next = next => next,
            };
            match accepted {
                Ok((stream, peer)) => self.spawn(stream, peer, permit, tasks),
                Err(error) => {
                    // A connection that broke before it was accepted is nobody's problem; running out of
                    // descriptors is, and must not spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(limits::ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit, tasks: &TaskTracker) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, %peer, "nodelay could not be set");
        }
        let serving =
            connection::serve(stream, peer, self.acceptor.clone(), self.app.clone(), self.graceful.watcher());
        let kill = self.kill.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = kill.cancelled() => {}
                () = serving => {}
            }
            drop(permit);
        });
    }
}

#[cfg(test)]
mod tests;
