//! What each answer at each step proves.

use tidings_domain::failure::smtp as codes;
use tidings_domain::provider::{Doubt, Outcome};
use tidings_domain::transport::TransportError;

use super::server::{Script, Server};
use super::{attempt, credentials, mail, provider, send};

/// A short word for an outcome.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { provider_id, .. } => format!("accepted {provider_id}"),
        Outcome::Rejected(rejection) => format!("refused {} {}", rejection.error.code, rejection.http_status),
        Outcome::NotSent(error) => format!("not sent: {error}"),
        Outcome::InDoubt(Doubt::Transport(TransportError::Broken)) => "in doubt: broken".to_owned(),
        Outcome::InDoubt(doubt) => format!("in doubt: {}", doubt.as_str()),
    }
}

#[tokio::test]
async fn every_step_says_what_it_proves() {
    let accepted = format!("accepted {}.news@shop.example", attempt());
    let unsent = "not sent: no connection could be made".to_owned();
    let refused = |code: i64, reply: u16| format!("refused {code} {reply}");
    let table: Vec<(Script, String)> = vec![
        (&[], accepted),
        (&[("greeting", "554 go away")], refused(codes::GREETING_REFUSED, 554)),
        (&[("greeting", "421 busy")], refused(421, 421)),
        (&[("greeting", "")], unsent.clone()),
        (&[("EHLO", "")], unsent.clone()),
        (&[("MAIL", "550 5.7.1 not you")], refused(codes::SENDER_REFUSED, 550)),
        (&[("MAIL", "552 5.3.4 too big")], refused(5_003_004, 552)),
        (&[("MAIL", "451 later")], refused(451, 451)),
        (&[("MAIL", "")], unsent.clone()),
        (&[("RCPT", "550 5.1.1 <to@example.com> unknown")], refused(5_001_001, 550)),
        (&[("RCPT", "550 unknown")], refused(550, 550)),
        (&[("RCPT", "450 4.2.0 greylisted")], refused(4_002_000, 450)),
        (&[("RCPT", "421 4.3.2 closing")], refused(4_003_002, 421)),
        (&[("RCPT", "")], unsent.clone()),
        (&[("DATA", "554 no")], refused(554, 554)),
        (&[("DATA", "")], unsent),
        (&[(".", "554 5.7.1 spam")], refused(5_007_001, 554)),
        (&[(".", "452 4.3.1 full")], refused(4_003_001, 452)),
        (&[(".", "")], "in doubt: broken".to_owned()),
        (&[(".", "gibberish")], "in doubt: broken".to_owned()),
    ];
    for (script, want) in table {
        let server = Server::start(script).await;
        let outcome = send(&provider(), &credentials(server.port, |_| {}), "to@example.com", mail()).await;
        assert_eq!(word(&outcome), want, "{script:?}");
        if let Outcome::Rejected(rejection) = outcome {
            assert!(!rejection.error.detail.contains("example.com"), "{}", rejection.error.detail);
        }
    }
}

#[tokio::test]
async fn nobody_there_is_certain() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let outcome = send(&provider(), &credentials(free, |_| {}), "to@example.com", mail()).await;
    assert_eq!(outcome, Outcome::NotSent(TransportError::Connect));
}

#[tokio::test]
async fn connections_are_kept_and_made_anew() {
    let server = Server::start(&[]).await;
    let (provider, account) = (provider(), credentials(server.port, |_| {}));
    for _ in 0..5 {
        assert!(matches!(
            send(&provider, &account, "to@example.com", mail()).await,
            Outcome::Accepted { .. }
        ));
    }
    assert_eq!((server.count("connected"), server.count("MAIL FROM:")), (1, 5));

    // A refusal ends the transaction and not the connection.
    let server = Server::start(&[("RCPT", "550 5.1.1 unknown")]).await;
    let account = credentials(server.port, |_| {});
    for _ in 0..3 {
        assert!(matches!(send(&provider, &account, "to@example.com", mail()).await, Outcome::Rejected(_)));
    }
    assert_eq!((server.count("connected"), server.count("RSET")), (1, 3));
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_no_failure() {
    // The server closes the connection in answer to the second mail.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let counted = tokio::spawn(async move {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
        let mut mails = 0;
        for _ in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 here\r\n").await.unwrap();
            let mut line = String::new();
            loop {
                line.clear();
                if stream.read_line(&mut line).await.unwrap() == 0 {
                    break;
                }
                match line.split([' ', '\r']).next().unwrap() {
                    "DATA" => stream.write_all(b"354 go\r\n").await.unwrap(),
                    "." => {
                        mails += 1;
                        stream.write_all(b"250 taken\r\n").await.unwrap();
                        if mails == 1 {
                            break;
                        }
                        return mails;
                    }
                    "EHLO" | "MAIL" | "RCPT" => stream.write_all(b"250 fine\r\n").await.unwrap(),
                    _ => {}
                }
            }
        }
        mails
    });
    let (provider, account) = (provider(), credentials(port, |_| {}));
    for _ in 0..2 {
        let outcome = send(&provider, &account, "to@example.com", mail()).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    }
    assert_eq!(counted.await.unwrap(), 2);
}

#[tokio::test]
async fn logins_and_encryption_are_wanted_as_set() {
    let server = Server::start(&[("AUTH", "535 5.7.8 no")]).await;
    let account = credentials(server.port, |smtp| smtp.username = "me".to_owned());
    let outcome = send(&provider(), &account, "to@example.com", mail()).await;
    assert_eq!(word(&outcome), format!("refused {} 535", codes::LOGIN_REFUSED));
    assert_eq!(server.count("MAIL"), 0);

    // Where encryption is wanted and not offered, nothing is said: neither a password nor a mail.
    let server = Server::start(&[]).await;
    let account = credentials(server.port, |smtp| {
        smtp.username = "me".to_owned();
        smtp.tls = tidings_domain::credentials::SmtpTls::Starttls;
    });
    let outcome = send(&provider(), &account, "to@example.com", mail()).await;
    assert_eq!(word(&outcome), format!("refused {} 0", codes::NOT_ENCRYPTED));
    assert_eq!((server.count("AUTH"), server.count("MAIL")), (0, 0));
}

#[tokio::test]
async fn the_envelope_is_signed_and_asks_for_reports() {
    let server = Server::start(&[]).await;
    let account = credentials(server.port, |smtp| {
        smtp.bounce_domain = Some("bounces.shop.example".to_owned());
        smtp.delivery_reports = true;
        smtp.replies = true;
    });
    let outcome = send(&provider(), &account, "ann@bücher.example", mail()).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let heard = server.heard();
    let from = heard.iter().find_map(|line| line.strip_prefix("MAIL FROM:<")).expect("a sender");
    let token = super::super::Token::read(from).expect("a signed address");
    assert!(token.is_signed(&account.app_secrets) && token.attempt == attempt());
    assert!(from.ends_with("@bounces.shop.example>"), "{from}");
    assert!(
        heard.contains(&"RCPT TO:<ann@xn--bcher-kva.example> NOTIFY=SUCCESS,FAILURE".to_owned()),
        "{heard:?}"
    );
    assert!(heard.iter().any(|line| line.starts_with("Reply-To: r")), "{heard:?}");
}
