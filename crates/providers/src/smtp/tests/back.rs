//! What comes back.

use http::{HeaderMap, HeaderValue};
use tidings_domain::fact::{CallbackEntry, Fact};
use tidings_domain::provider::{Callback, CallbackError, Provider};
use tidings_domain::secret::Secret;

use super::super::{Back, CAME_BACK_TO, verp};
use super::{FROM, account, attempt, credentials, provider};

fn address(back: Back) -> String {
    format!("{}@b.shop.example", verp::local_part(back, account(), attempt(), &Secret::new("return secret")))
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    headers
}

fn read(back: Option<Back>, body: &str) -> Result<Vec<CallbackEntry>, CallbackError> {
    let headers = match back {
        Some(back) => headers(CAME_BACK_TO, &address(back)),
        None => headers("authorization", "Bearer return secret"),
    };
    let body = body.replace('\n', "\r\n");
    let callback = Callback { url: "", headers: &headers, body: body.as_bytes() };
    provider().verify(&credentials(25, |_| {}), callback)?;
    provider().parse(callback)
}

/// One line for each fact.
fn lines(back: Option<Back>, body: &str) -> Vec<String> {
    let entries = read(back, body).expect("it is a mail");
    let line = |entry: &CallbackEntry, fact: &Fact| {
        let sender = entry.sender_ref.as_deref().unwrap_or("-").to_owned();
        match fact {
            Fact::Receipt(receipt) => format!(
                "{} {} code {:?} of {:?}",
                receipt.state.as_str(),
                receipt.provider_id,
                receipt.error.as_ref().map(|error| error.code),
                receipt.who.email.as_ref().map(|email| email.as_str().to_owned()),
            ),
            Fact::Complaint(complaint) => format!(
                "complaint {} about {:?} by {:?}",
                complaint.kind,
                complaint.attempt.map(|attempt| attempt.to_string()),
                complaint.who.email.as_ref().map(|email| email.as_str().to_owned()),
            ),
            Fact::Inbound(inbound) => format!(
                "{} to {sender} from {} about {:?}: {:?}",
                inbound.provider_id,
                inbound.from.email.as_ref().map_or("-", |email| email.as_str()),
                inbound.context,
                inbound.text,
            ),
            Fact::Other { field, object } => format!("{field} {}", object.get()),
            _ => "something else".to_owned(),
        }
    };
    entries.iter().flat_map(|entry| entry.facts.iter().map(move |fact| line(entry, fact))).collect()
}

fn report(groups: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: bounces@b.shop.example\nSubject: Undelivered\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n\n--b1\nContent-Type: text/plain\n\n\
         Sorry.\n\n--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\nArrival-Date: Sat, 21 Nov \
         2026 10:00:00 +0000\n\n{groups}\n--b1\nContent-Type: text/rfc822-headers\n\nFrom: {FROM}\nMessage-ID: \
         <{}.{FROM}>\nSubject: Your parcel\n\n--b1--\n",
        attempt(),
    )
}

#[test]
fn reports_of_delivery_become_receipts() {
    let id = format!("{}.{FROM}", attempt());
    for (groups, want) in [
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 \
             <ann@example.com>: unknown\n",
            format!("failed {id} code Some(5001001) of None"),
        ),
        (
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550\n  5.7.26 \
             not authenticated\n",
            format!("failed {id} code Some(5007026) of None"),
        ),
        (
            "Final-Recipient: rfc822; a@b.c\nAction: Failed\nStatus: 5.0.0\n",
            format!("failed {id} code Some(550) of None"),
        ),
        (
            "Final-Recipient: rfc822; a@b.c\nAction: delivered\nStatus: 2.0.0\n",
            format!("delivered {id} code None of None"),
        ),
        (
            "Final-Recipient: rfc822; a@b.c\nAction: relayed\nStatus: 2.0.0\n",
            format!("sent {id} code None of None"),
        ),
        (
            "Final-Recipient: rfc822; a@b.c\nAction: delayed\nStatus: 4.4.1\n",
            "mail.report {\"action\":\"delayed\",\"status\":\"4.4.1\"}".to_owned(),
        ),
    ] {
        assert_eq!(lines(Some(Back::Bounce), &report(groups)), [want], "{groups}");
    }
}

#[test]
fn a_report_that_is_posted_whole_is_believed_whole() {
    let groups = "Original-Recipient: rfc822;Ann@example.com\nFinal-Recipient: rfc822; x@y.z\nAction: failed\nStatus: 5.2.1\n";
    let id = format!("{}.{FROM}", attempt());
    assert_eq!(
        lines(None, &report(groups)),
        [format!("failed {id} code Some(5002001) of Some(\"Ann@example.com\")")]
    );
    let foreign = report(groups).replace(&attempt().to_string(), "20261121.1");
    assert_eq!(lines(None, &foreign), ["mail.report_unmatched {\"action\":\"failed\",\"status\":\"5.2.1\"}"]);
}

fn feedback(kind: &str) -> String {
    format!(
        "From: fbl@mx.example\nTo: x@b.shop.example\nSubject: FW\nMIME-Version: 1.0\nContent-Type: multipart/report; \
         report-type=feedback-report; boundary=b2\n\n--b2\nContent-Type: text/plain\n\nA complaint.\n\n--b2\nContent-Type: \
         message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: X/1\nVersion: 1\nOriginal-Rcpt-To: <ann@example.com>\n\n\
         --b2\nContent-Type: message/rfc822\n\nFrom: {FROM}\nTo: redacted@example.com\nMessage-ID: <{}.{FROM}>\nSubject: \
         Offers\n\nbuy\n\n--b2--\n",
        attempt(),
    )
}

#[test]
fn complaints_name_the_attempt() {
    let about = format!("Some(\"{}\")", attempt());
    assert_eq!(
        lines(Some(Back::Bounce), &feedback("abuse")),
        [format!("complaint abuse about {about} by None")]
    );
    assert_eq!(
        lines(None, &feedback("Abuse")),
        [format!("complaint abuse about {about} by Some(\"ann@example.com\")")]
    );
    assert_eq!(lines(None, &feedback("not-spam")), ["mail.feedback {\"feedback_type\":\"not-spam\"}"]);
}

#[test]
fn answers_come_in_without_what_they_quote() {
    let id = format!("{}.{FROM}", attempt());
    let answer = format!(
        "From: Ann <ann@example.com>\nTo: x@b.shop.example\nSubject: Re: Your parcel\nMessage-ID: <1@example.com>\n\
         In-Reply-To: <{id}>\nContent-Type: text/plain; charset=utf-8\n\nSTOP\n\nOn Saturday the shop wrote:\n> It has left.\n> \n"
    );
    for back in [Some(Back::Reply), None] {
        assert_eq!(
            lines(back, &answer),
            [format!("1@example.com to {FROM} from ann@example.com about Some(\"{id}\"): Some(\"STOP\")")]
        );
    }
    let machine = answer.replace("In-Reply-To", "Auto-Submitted: auto-replied\nIn-Reply-To");
    assert_eq!(lines(Some(Back::Reply), &machine), ["mail.automatic {\"what\":\"auto-submitted\"}"]);
    // To a bounce's address nobody writes.
    assert_eq!(lines(Some(Back::Bounce), &answer), ["mail.bounce {\"subject\":\"Re: Your parcel\"}"]);
}

#[test]
fn who_proves_nothing_is_turned_away() {
    let body = report("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.1.1\n");
    let forged = verp::local_part(Back::Bounce, account(), attempt(), &Secret::new("guessed"));
    let mut both = headers("authorization", "Bearer return secret");
    both.insert(CAME_BACK_TO, HeaderValue::from_str(&forged).unwrap());
    for headers in [
        HeaderMap::new(),
        headers("authorization", "Bearer wrong"),
        headers("authorization", "Bearer "),
        headers("authorization", "return secret"),
        headers(CAME_BACK_TO, &forged),
        headers(CAME_BACK_TO, "postmaster@b.shop.example"),
        both,
    ] {
        let callback = Callback { url: "", headers: &headers, body: body.as_bytes() };
        let answer = provider().verify(&credentials(25, |_| {}), callback);
        assert_eq!(answer, Err(CallbackError::Signature), "{headers:?}");
    }
}

#[test]
fn no_bytes_break_it() {
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    let whole =
        report("Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.1.1\n") + &feedback("abuse");
    let mut runner = TestRunner::deterministic();
    let cut = (0..whole.len(), 0..whole.len(), proptest::collection::vec(any::<u8>(), 0..40));
    runner
        .run(&cut, |(from, to, noise)| {
            let (from, to) = (from.min(to), from.max(to));
            let mut bytes = whole.as_bytes()[from..to].to_vec();
            bytes.extend(noise);
            let headers = headers(CAME_BACK_TO, &address(Back::Bounce));
            let _read = provider().parse(Callback { url: "", headers: &headers, body: &bytes });
            Ok(())
        })
        .unwrap();
}
