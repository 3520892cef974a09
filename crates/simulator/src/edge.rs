//! The simulator behind a real socket, and the pump that delivers its webhooks.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::core::Simulator;
use crate::limits::{ACCEPT_PAUSE_MS, DELIVERY_WORKERS, HANG_S, MAX_REQUEST_BYTES, PUMP_SLEEP_MAX_US};
use crate::webhooks::Webhook;

/// Who carries webhooks to the product: the program's HTTP client.
pub trait Deliver: Send + Sync + 'static {
    /// The status the product answered, or nothing if it did not.
    fn deliver(&self, webhook: &Webhook) -> Pin<Box<dyn Future<Output = Option<u16>> + Send + '_>>;
}

/// Microseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Serves with the machine's clock until `shutdown` is ready.
pub async fn serve(
    listener: TcpListener,
    sim: Simulator,
    deliver: Arc<dyn Deliver>,
    shutdown: impl Future<Output = ()> + Send,
) {
    serve_with_clock(listener, sim, deliver, Arc::new(machine_clock), shutdown).await;
}

/// Serves with a clock of the caller's.
pub async fn serve_with_clock(
    listener: TcpListener,
    sim: Simulator,
    deliver: Arc<dyn Deliver>,
    clock: Clock,
    shutdown: impl Future<Output = ()> + Send,
) {
    let mut tasks = JoinSet::new();
    tasks.spawn(pump(sim.clone(), deliver, clock.clone()));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(connection(stream, sim.clone(), clock.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
    tasks.abort_all();
}

#[expect(clippy::disallowed_methods, reason = "the socket lives in real time; the core is given its times")]
fn machine_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

async fn connection(stream: TcpStream, sim: Simulator, clock: Clock) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let service = service_fn(move |request| respond(request, sim.clone(), clock.clone()));
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

/// The request was left without an answer on purpose; the connection closes.
#[derive(Debug)]
struct Hung;

impl std::fmt::Display for Hung {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("left without an answer on purpose")
    }
}

impl std::error::Error for Hung {}

async fn respond(
    request: Request<Incoming>,
    sim: Simulator,
    clock: Clock,
) -> Result<Response<Full<Bytes>>, Hung> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_REQUEST_BYTES).collect().await else {
        return Ok(whole(Answer::json(
            413,
            &b"{\"error\":{\"message\":\"Request too large\",\"code\":100}}"[..],
        )));
    };
    let answer = sim.handle(clock(), Request::from_parts(parts, body.to_bytes()));
    if answer.hang {
        tokio::time::sleep(Duration::from_secs(HANG_S)).await;
        return Err(Hung);
    }
    if answer.delay_us > 0 {
        tokio::time::sleep(Duration::from_micros(answer.delay_us.unsigned_abs())).await;
    }
    Ok(whole(answer))
}

fn whole(answer: Answer) -> Response<Full<Bytes>> {
    answer.response.map(Full::new)
}

/// Delivers what is due, several at a time, in no certain order; ends only with its task.
async fn pump(sim: Simulator, deliver: Arc<dyn Deliver>, clock: Clock) {
    let places = Arc::new(Semaphore::new(DELIVERY_WORKERS));
    let mut deliveries: JoinSet<()> = JoinSet::new();
    loop {
        for webhook in sim.take_due(clock()) {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            let (sim, deliver, clock) = (sim.clone(), deliver.clone(), clock.clone());
            deliveries.spawn(async move {
                let status = deliver.deliver(&webhook).await;
                sim.webhook_result(clock(), webhook.id, status);
                drop(place);
            });
        }
        while deliveries.try_join_next().is_some() {}
        let now = clock();
        let wait = sim.next_wake_us().map_or(PUMP_SLEEP_MAX_US, |at| (at - now).clamp(0, PUMP_SLEEP_MAX_US));
        if wait > 0 {
            tokio::select! {
                () = sim.bell().notified() => {}
                () = tokio::time::sleep(Duration::from_micros(wait.unsigned_abs())) => {}
            }
        }
    }
}
