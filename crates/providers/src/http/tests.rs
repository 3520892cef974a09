//! The client against servers on the loopback: one that answers as told, and some that misbehave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tidings_domain::time::SECOND;
use tidings_domain::transport::{Bounds, Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Buffered, Downloads, HttpTransport};

const BOUNDS: Bounds = Bounds { total_us: 10 * SECOND, answer_bytes_max: 1_000 };

/// Echoes `method path host body`, or answers with as many bytes as the path says.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    if let Some(length) = head.uri.path().strip_prefix("/bytes/") {
        return Ok(Response::new(Bytes::from(vec![b'x'; length.parse().unwrap()]).into()));
    }
    if head.uri.path() == "/moved" {
        let moved = Response::builder().status(StatusCode::FOUND).header(header::LOCATION, "/bytes/1");
        return Ok(moved.body(Full::default()).unwrap());
    }
    let host = head.headers[header::HOST].to_str().unwrap().to_owned();
    let text = format!("{} {} {host} {}", head.method, head.uri.path(), String::from_utf8_lossy(&body));
    Ok(Response::new(Bytes::from(text).into()))
}

/// A well-behaved server; counts its connections.
async fn server() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let serve = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service_fn(echo));
            tokio::spawn(serve);
        }
    });
    (address, connections)
}

/// Reads requests of a known shape from each connection and lets `act` answer them.
async fn rude<F, R>(act: F) -> SocketAddr
where
    F: Fn(TcpStream, usize) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((socket, _)) = listener.accept().await {
            number += 1;
            tokio::spawn(act(socket, number));
        }
    });
    address
}

/// Reads up to the end of a request without a body.
async fn read_request(socket: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => seen.push(byte),
            Err(_) => return false,
        }
    }
    true
}

fn get(address: SocketAddr, path: &str) -> Request<Bytes> {
    Request::get(format!("http://{address}{path}")).body(Bytes::new()).unwrap()
}

async fn text(transport: &HttpTransport, request: Request<Bytes>) -> Result<String, TransportError> {
    let answer = transport.exchange(request, BOUNDS).await?;
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

#[tokio::test]
async fn exchanges_share_one_connection() {
    let (address, connections) = server().await;
    let transport = HttpTransport::default();
    for at in 0..3 {
        let request =
            Request::post(format!("http://{address}/m")).body(Bytes::from(format!("n{at}"))).unwrap();
        assert_eq!(text(&transport, request).await, Ok(format!("POST /m {address} n{at}")));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn redirects_are_answers() {
    let (address, _) = server().await;
    let answer = HttpTransport::default().exchange(get(address, "/moved"), BOUNDS).await.unwrap();
    assert_eq!(answer.status(), 302);
}

#[tokio::test]
async fn answers_are_bounded() {
    let (address, _) = server().await;
    let transport = HttpTransport::default();
    assert_eq!(text(&transport, get(address, "/bytes/1000")).await.map(|text| text.len()), Ok(1_000));
    assert_eq!(text(&transport, get(address, "/bytes/0")).await.as_deref(), Ok(""));
    assert_eq!(text(&transport, get(address, "/bytes/1001")).await, Err(TransportError::TooLarge));
}

#[tokio::test]
async fn an_unannounced_length_is_bounded_too() {
    let address = rude(|mut socket, _| async move {
        read_request(&mut socket).await;
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("190\r\n{}\r\n", "x".repeat(400));
        while socket.write_all(chunk.as_bytes()).await.is_ok() {}
    })
    .await;
    assert_eq!(text(&HttpTransport::default(), get(address, "/")).await, Err(TransportError::TooLarge));
}

#[tokio::test]
async fn no_listener_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let transport = HttpTransport::default();
    assert_eq!(text(&transport, get(address, "/")).await, Err(TransportError::Connect));
    let nowhere = Request::get("http://nowhere.invalid/").body(Bytes::new()).unwrap();
    assert_eq!(text(&transport, nowhere).await, Err(TransportError::Connect));
}

#[tokio::test]
async fn encryption_that_never_starts_is_no_connection() {
    let address = rude(|mut socket, _| async move {
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let transport = HttpTransport::new(Duration::from_millis(50));
    let request = Request::get(format!("https://{address}/")).body(Bytes::new()).unwrap();
    assert_eq!(text(&transport, request).await, Err(TransportError::Connect));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let address = rude(|mut socket, _| async move {
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let bounds = Bounds { total_us: SECOND / 20, ..BOUNDS };
    let silent = HttpTransport::default().exchange(get(address, "/"), bounds).await;
    assert_eq!(silent.err(), Some(TransportError::Timeout));
}

#[tokio::test]
async fn a_close_during_the_exchange_is_broken() {
    for answer in
        ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", "nonsense\r\n\r\n"]
    {
        let address = rude(move |mut socket, _| async move {
            read_request(&mut socket).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        })
        .await;
        assert_eq!(
            text(&HttpTransport::default(), get(address, "/")).await,
            Err(TransportError::Broken),
            "{answer}"
        );
    }
}

/// The request on the reused connection was read by the server, so nobody knows; it is not repeated.
#[tokio::test]
async fn a_reset_on_a_reused_connection_is_broken_and_not_repeated() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = seen.clone();
    let address = rude(move |mut socket, _| {
        let counted = counted.clone();
        async move {
            read_request(&mut socket).await;
            counted.fetch_add(1, Ordering::SeqCst);
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            read_request(&mut socket).await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let transport = HttpTransport::default();
    assert_eq!(text(&transport, get(address, "/")).await.as_deref(), Ok("ok"));
    assert_eq!(text(&transport, get(address, "/")).await, Err(TransportError::Broken));
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn posts_a_callback_and_tells_the_status() {
    let (address, _) = server().await;
    let transport = HttpTransport::default();
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let body = Bytes::from_static(b"{}");
    assert_eq!(transport.post(&format!("http://{address}/hook"), &headers, body.clone()).await, Some(200));
    assert_eq!(transport.post(&format!("http://{address}/moved"), &headers, body.clone()).await, Some(302));
    assert_eq!(transport.post("http://127.0.0.1:1/", &headers, body.clone()).await, None);
    assert_eq!(transport.post("not a url", &headers, body).await, None);
}

async fn collect(transport: &HttpTransport, request: Request<Bytes>) -> Result<usize, TransportError> {
    let mut chunks = transport.open(request, BOUNDS).await?.into_body();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        length += chunk?.len();
    }
    Ok(length)
}

#[tokio::test]
async fn downloads_stream_within_their_bound() {
    let (address, _) = server().await;
    let transport = HttpTransport::default();
    assert_eq!(collect(&transport, get(address, "/bytes/1000")).await, Ok(1_000));
    assert_eq!(collect(&transport, get(address, "/bytes/1001")).await, Err(TransportError::TooLarge));
    let cut = rude(|mut socket, _| async move {
        read_request(&mut socket).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    })
    .await;
    assert_eq!(collect(&transport, get(cut, "/")).await, Err(TransportError::Broken));
}

#[tokio::test]
async fn a_plain_transport_can_serve_downloads_in_one_chunk() {
    let (address, _) = server().await;
    let whole = Buffered(Arc::new(HttpTransport::default()));
    let mut chunks = whole.open(get(address, "/bytes/7"), BOUNDS).await.unwrap().into_body();
    assert_eq!(chunks.next().await, Some(Ok(Bytes::from_static(b"xxxxxxx"))));
    assert_eq!(chunks.next().await, None);
    let larger = whole.open(get(address, "/bytes/1001"), BOUNDS).await.map(|_| ());
    assert_eq!(larger, Err(TransportError::TooLarge));
}
