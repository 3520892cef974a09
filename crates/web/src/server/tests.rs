use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::tls::TlsFiles;
use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ServeError>>,
}

async fn run(tls: Option<TlsFiles>, app: Router) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, tls, app, stop.clone()));
    Running { address, stop, task }
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn answers_and_stops() {
    let running = run(None, Router::new().route("/", get(|| async { "hello" }))).await;
    let answer = exchange(TcpStream::connect(running.address).await.unwrap(), GET).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"), "{answer}");
    running.stop.cancel();
    timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn an_open_request_is_answered_before_the_server_ends() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, wait) = (entered.clone(), release.clone());
    let app = Router::new().route(
        "/",
        get(move || async move {
            enter.notify_one();
            wait.notified().await;
            "late"
        }),
    );
    let running = run(None, app).await;
    let client = tokio::spawn(exchange(TcpStream::connect(running.address).await.unwrap(), GET));
    entered.notified().await;
    running.stop.cancel();
    assert!(!running.task.is_finished());
    release.notify_one();
    assert!(timeout(PATIENCE, client).await.unwrap().unwrap().ends_with("late"));
    timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let running = run(None, Router::new().route("/", get(|| async { "hello" }))).await;
    let long = "y".repeat(limits::HEADER_BYTES_MAX + 1);
    let request = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n");
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn tls_is_spoken_with_the_certificate_of_the_files() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/testdata");
    let files = TlsFiles { certificate: data.join("one.crt.pem"), key: data.join("one.key.pem") };
    let running = run(Some(files.clone()), Router::new().route("/", get(|| async { "private" }))).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&files.certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert!(exchange(stream, GET).await.ends_with("private"));
    running.stop.cancel();
    timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_not_there_is_an_error_at_the_start() {
    let files = TlsFiles { certificate: "/nowhere/crt.pem".into(), key: "/nowhere/key.pem".into() };
    let running = run(Some(files), Router::new()).await;
    let error = timeout(PATIENCE, running.task).await.unwrap().unwrap().unwrap_err();
    assert!(error.to_string().contains("/nowhere/crt.pem"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_sends_no_request_is_dropped() {
    let running = run(None, Router::new().route("/", get(|| async { "hello" }))).await;
    for start in ["", "P", "PRI * HT", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The clock of the test runs ahead while nothing happens; without a limit this would never end.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{start:?}");
    }
}
