use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tidings_domain::clock::BoxFuture;
use tidings_domain::id::{AccountId, AttemptId, Id, MessageId};
use tidings_domain::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{Mailroom, Verdict, serve, session};
use crate::limits::{LISTENER_CONNECTIONS_PER_PEER_MAX, LISTENER_MAIL_BYTES_MAX, LISTENER_RECIPIENTS_MAX};
use crate::smtp::verp::{self, Back, Token};

const SECRET: &str = "secret";

#[derive(Default)]
struct Room {
    taken: Mutex<Vec<Bytes>>,
    later: bool,
}

impl Mailroom for Room {
    fn knows<'a>(&'a self, _to: &'a str, token: Token) -> BoxFuture<'a, Verdict> {
        let ours = token.is_signed(&[Secret::new(SECRET)]);
        Box::pin(async move { if ours { Verdict::Taken } else { Verdict::Refused } })
    }
    fn take<'a>(&'a self, _to: &'a str, _token: Token, mail: Bytes) -> BoxFuture<'a, Verdict> {
        Box::pin(async move {
            if self.later {
                return Verdict::NotNow;
            }
            self.taken.lock().push(mail);
            Verdict::Taken
        })
    }
}

fn ours() -> String {
    let attempt = AttemptId::of(MessageId::from_bytes([7; 16]), 1);
    format!(
        "{}@b.example",
        verp::local_part(Back::Bounce, AccountId::from_bytes([5; 16]), attempt, &Secret::new(SECRET))
    )
}

/// Everything that is answered to these bytes, until the server closes.
async fn say(room: Arc<Room>, bytes: &[u8]) -> Vec<String> {
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let talk = tokio::spawn(async move { session::run(ours, "mx.test", room.as_ref()).await });
    let (mut from, mut to) = tokio::io::split(theirs);
    let mut heard = String::new();
    // What is written after the server has closed is lost, as it should be.
    let writing = async {
        let _written = to.write_all(bytes).await;
        let _closed = to.shutdown().await;
    };
    let (_, read) = tokio::join!(writing, from.read_to_string(&mut heard));
    read.expect("answers are text");
    talk.await.expect("the dialogue ends");
    heard.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving =
        tokio::spawn(serve(listener, "mx.test".to_owned(), Arc::new(Room::default()), stop.clone()));
    // So many from one address, and no more.
    let mut held = Vec::new();
    for _ in 0..LISTENER_CONNECTIONS_PER_PEER_MAX {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut greeting = [0; 4];
        stream.read_exact(&mut greeting).await.unwrap();
        assert_eq!(&greeting, b"220 ");
        held.push(stream);
    }
    let mut one_more = TcpStream::connect(address).await.unwrap();
    assert_eq!(one_more.read(&mut [0; 4]).await.unwrap_or(0), 0);
    stop.cancel();
    serving.await.unwrap();
}

/// The codes alone.
async fn codes(room: Arc<Room>, text: &str) -> String {
    let heard = say(room, text.replace('\n', "\r\n").as_bytes()).await;
    heard
        .iter()
        .filter(|line| line.as_bytes().get(3) == Some(&b' '))
        .map(|line| &line[..3])
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn a_mail_is_taken_with_its_dots() {
    let room = Arc::new(Room::default());
    let text = format!(
        "EHLO mx.example\nMAIL FROM:<> SIZE=100\nRCPT TO:<{}>\nDATA\nSubject: x\n\n..dot\n.\nQUIT\n",
        ours()
    );
    assert_eq!(codes(room.clone(), &text).await, "220 250 250 250 354 250 221");
    assert_eq!(room.taken.lock().as_slice(), [Bytes::from_static(b"Subject: x\r\n\r\n.dot\r\n")]);
}

#[tokio::test]
async fn only_our_addresses_get_mail() {
    let room = Arc::new(Room::default());
    let forged = ours().replace(&ours()[53..63], "0000000000");
    for to in ["postmaster@b.example", "eve@evil.example", &forged, ""] {
        let text = format!("EHLO x\nMAIL FROM:<a@b.example>\nRCPT TO:<{to}>\nDATA\nQUIT\n");
        assert_eq!(codes(room.clone(), &text).await, "220 250 250 550 503 221", "{to}");
    }
    assert!(room.taken.lock().is_empty());
}

#[tokio::test]
async fn what_cannot_be_stored_now_comes_again() {
    let room = Arc::new(Room { later: true, ..Room::default() });
    let text = format!("HELO x\nMAIL FROM:<>\nRCPT TO:<{}>\nDATA\nSubject: x\n\n.\nQUIT\n", ours());
    assert_eq!(codes(room, &text).await, "220 250 250 250 354 451 221");
}

#[tokio::test]
async fn smuggled_ends_are_no_ends() {
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r"] {
        let room = Arc::new(Room::default());
        let text = format!(
            "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{to}>\r\nDATA\r\nSubject: x\r\n\r\nhello{end}MAIL FROM:<eve@evil.example>\r\n\
             RCPT TO:<{to}>\r\nDATA\r\nSubject: smuggled\r\n\r\n.\r\n",
            to = ours()
        );
        let heard = say(room.clone(), text.as_bytes()).await;
        assert!(heard.last().unwrap().starts_with("554 5.6.11"), "{end:?} {heard:?}");
        assert!(room.taken.lock().is_empty(), "{end:?}");
    }
}

#[tokio::test]
async fn everything_has_a_bound() {
    let to = ours();
    let line = format!("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{to}>\r\n");
    let long = format!("{line}DATA\r\n{}\r\n.\r\n", "x".repeat(2_000));
    let room = Arc::new(Room::default());
    assert!(say(room.clone(), long.as_bytes()).await.last().unwrap().starts_with("554 5.5.2"));
    let large = format!(
        "{line}DATA\r\n{}.\r\nQUIT\r\n",
        "0123456789abcdef\r\n".repeat(LISTENER_MAIL_BYTES_MAX / 18 + 1)
    );
    let heard = say(room.clone(), large.as_bytes()).await;
    assert!(heard[heard.len() - 2].starts_with("552 5.3.4"), "{heard:?}");
    let announced = format!("EHLO x\nMAIL FROM:<> SIZE={}\nQUIT\n", LISTENER_MAIL_BYTES_MAX + 1);
    assert_eq!(codes(room.clone(), &announced).await, "220 250 552 221");
    let many = format!(
        "{}{}QUIT\n",
        "EHLO x\nMAIL FROM:<>\n",
        format!("RCPT TO:<{to}>\n").repeat(LISTENER_RECIPIENTS_MAX + 1)
    );
    assert!(codes(room.clone(), &many).await.ends_with("250 452 221"));
    let wrong = "HELLO\n".repeat(30);
    assert!(codes(room.clone(), &wrong).await.ends_with("502 421"));
    assert!(room.taken.lock().is_empty());
}

#[tokio::test]
async fn commands_have_their_turn() {
    for (text, want) in [
        ("MAIL FROM:<a@b.c>\nQUIT\n", "220 503 221"),
        ("EHLO x\nRCPT TO:<a@b.c>\nDATA\nQUIT\n", "220 250 503 503 221"),
        (
            "EHLO x\nMAIL TO:<a@b.c>\nMAIL FROM: <a@b.c>\nMAIL FROM:<a@b.c>\nRSET\nNOOP\nVRFY x\nquit\n",
            "220 250 501 250 503 250 250 252 221",
        ),
    ] {
        assert_eq!(codes(Arc::new(Room::default()), text).await, want, "{text}");
    }
}
