//! Raw HTTP round trips over loopback: hyper on both sides, one thread each.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::clock;
use crate::limits::{RAW_BODY_BYTES, RAW_CONNECTIONS};
use crate::load::Target;

/// Round trips per second, each with a body in both directions.
pub async fn round_trips(length: Duration) -> Result<f64> {
    let (told, address) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = std::thread::Builder::new().name("raw-http".into()).spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(serve(told, stopped))
    })?;
    let address = address.await.context("the raw HTTP server did not start")?;
    let rate = drive(address, length).await;
    drop(stop);
    server.join().expect("the raw HTTP server does not panic")?;
    rate
}

async fn serve(told: oneshot::Sender<SocketAddr>, mut stopped: oneshot::Receiver<()>) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    // The other side waits for this address and cannot be gone.
    let _ = told.send(listener.local_addr()?);
    loop {
        let (stream, _) = tokio::select! {
            _ = &mut stopped => return Ok(()),
            accepted = listener.accept() => accepted?,
        };
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            // Connections end when the clients are done.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(Response::new(Full::new(body)))
}

async fn drive(address: SocketAddr, length: Duration) -> Result<f64> {
    let target = Target::new(address, None)?;
    let body = Bytes::from(vec![b'x'; RAW_BODY_BYTES]);
    let count = Rc::new(Cell::new(0_u64));
    let begin = clock::now();
    let local = LocalSet::new();
    let workers: Vec<_> = (0..RAW_CONNECTIONS)
        .map(|_| {
            let (target, body, count) = (target.clone(), body.clone(), count.clone());
            local.spawn_local(async move {
                let mut connection = target.connect().await?;
                while begin.elapsed() < length {
                    connection.post("/", body.clone()).await?;
                    count.set(count.get() + 1);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    local.await;
    for worker in workers {
        worker.await??;
    }
    Ok(clock::rate(count.get(), begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_counts_round_trips() {
        assert!(round_trips(Duration::from_millis(30)).await.unwrap() > 100.0);
    }
}
