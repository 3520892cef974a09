//! One connection, from the first byte to the last answer.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use std::convert::Infallible;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use crate::front::Front;
use crate::limits;

/// Who is at the other end of a request's connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What is spoken: told by ALPN on TLS, by the first bytes otherwise.
#[derive(Clone, Copy)]
enum Protocol {
    Sniff,
    Http1,
    Http2,
}

pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    app: Front,
    watcher: Watcher,
) {
    let deadline = tokio_now() + limits::FIRST_REQUEST_TIME;
    let Some(acceptor) = acceptor else {
        return speak(stream, (peer, Protocol::Sniff), app, watcher, deadline).await;
    };
    match timeout(limits::HANDSHAKE_TIME, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let protocol = match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            speak(stream, (peer, protocol), app, watcher, deadline).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "the TLS handshake failed"),
        Err(_) => tracing::debug!("the TLS handshake took too long"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a deadline of a socket, not of the product's logic")]
fn tokio_now() -> Instant {
    Instant::now()
}

async fn speak<S>(
    stream: S,
    (peer, protocol): (SocketAddr, Protocol),
    app: Front,
    watcher: Watcher,
    deadline: Instant,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let seen = Arc::new(AtomicBool::new(false));
    let mark = seen.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        mark.store(true, Ordering::Relaxed);
        // Only pages for recipients ask; the busy routes save the allocation.
        if request.uri().path().starts_with("/p/") {
            request.extensions_mut().insert(Peer(peer.ip()));
        }
        // In a box, since it is moved several times before it is first asked, and it is large.
        let answer = Box::pin(app.clone().answer(request));
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let builder = builder(protocol);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let mut connection = std::pin::pin!(watcher.watch(connection));
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        () = sleep_until(deadline) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None if seen.load(Ordering::Relaxed) => connection.await,
        None => {
            tracing::debug!("no request came in time");
            return;
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn builder(protocol: Protocol) -> Builder<TokioExecutor> {
    let builder = Builder::new(TokioExecutor::new());
    let mut builder = match protocol {
        Protocol::Sniff => builder,
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_READ_TIME)
        .max_buf_size(limits::HEADER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_header_list_size(limits::HTTP2_HEADER_BYTES_MAX)
        .keep_alive_interval(limits::HTTP2_PING_TIME)
        .keep_alive_timeout(limits::HTTP2_PING_TIME);
    builder
}
