//! The real socket: requests in, webhooks out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::rig::{CUSTOMER, PHONE, Rig, T0, TOKEN, order_update, statuses};
use crate::{Deliver, Faults, Webhook, serve_with_clock};

struct Collect(Mutex<mpsc::Sender<Webhook>>);

impl Deliver for Collect {
    fn deliver(&self, webhook: &Webhook) -> Pin<Box<dyn Future<Output = Option<u16>> + Send + '_>> {
        let sent = self.0.lock().try_send(webhook.clone()).is_ok();
        Box::pin(async move { sent.then_some(200) })
    }
}

fn wire(body: &str) -> String {
    format!(
        "POST /v25.0/{PHONE}/messages HTTP/1.1\r\nhost: sim.test\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains("\"wamid.") {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "closed after {text}");
        text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    text
}

#[tokio::test]
async fn over_the_wire() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, mut webhooks) = mpsc::channel(100);
    let (stop, stopped) = oneshot::channel::<()>();
    let deliver = Arc::new(Collect(Mutex::new(sender)));
    let clock = Arc::new(|| T0);
    let server = tokio::spawn(serve_with_clock(listener, rig.sim.clone(), deliver, clock, async {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(wire(&order_update(CUSTOMER, "a").to_string()).as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let webhook = webhooks.recv().await.unwrap();
        seen.extend(statuses(&webhook).iter().map(|status| status["status"].as_str().unwrap().to_owned()));
    }
    seen.sort();
    assert_eq!(seen, ["delivered", "delivered", "read", "read", "sent", "sent"]);

    rig.sim.set_faults(Faults { timeout_after_accept: 1.0, ..Faults::none() });
    stream.write_all(wire(&order_update(CUSTOMER, "b").to_string()).as_bytes()).await.unwrap();
    webhooks.recv().await.unwrap();
    let mut buffer = [0; 1];
    assert!(stream.try_read(&mut buffer).is_err(), "no answer, though the receipts came");
    stop.send(()).unwrap();
    server.await.unwrap();
}
