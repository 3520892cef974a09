use bytes::{Bytes, BytesMut};
use rusmpp::CommandStatus;
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass};
use std::str::FromStr;
use tidings_domain::id::Id;
use tokio_util::codec::Decoder;

use super::super::frame::{self, Frames};
use super::*;

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000)
}

fn incoming() -> Incoming {
    Incoming::new("me@h:1".to_owned(), vec!["+12025550100".to_owned()], Smpp::new("h", 1, "me"))
}

/// A delivery as it comes over the wire.
fn delivered(class: u8, octets: &[u8]) -> Frame {
    let deliver = DeliverSm::builder()
        .source_addr(COctetString::from_str("4915112345678").unwrap())
        .destination_addr(COctetString::from_str("12025550100").unwrap())
        .esm_class(EsmClass::from(class & 0x3F))
        .data_coding(DataCoding::McSpecific)
        .short_message(OctetString::from_slice(octets).unwrap())
        .build();
    let mut octets = BytesMut::from(&frame::write(CommandStatus::EsmeRok, 3, deliver.into())[..]);
    // The class itself, as the codec forgets bits of it: behind the header, an empty type and two addresses.
    let at = 16 + 1 + 2 + 14 + 2 + 12;
    octets[at] = class;
    Frames.decode(&mut octets).expect("a frame").expect("a frame")
}

fn words(entry: &CallbackEntry) -> Vec<String> {
    let one = |fact: &Fact| match fact {
        Fact::Receipt(receipt) => format!("{} {:?}", receipt.provider_id, receipt.state),
        Fact::Inbound(inbound) => format!("{} {}", inbound.kind, inbound.text.as_deref().unwrap_or("-")),
        Fact::Other { field, .. } => format!("kept {field}"),
        other => format!("{other:?}"),
    };
    entry.facts.iter().map(one).collect()
}

#[test]
fn deliveries_are_receipts_or_messages() {
    for (class, text, want) in [
        (0x04, "id:00A1 sub:001 dlvrd:001 stat:DELIVRD err:000", "a1 Delivered"),
        (0x20, "id:7 stat:ENROUTE", "7 Sent"),
        // One that does not say that it is one.
        (0x00, "id:7 stat:UNDELIV err:001", "7 Failed"),
        (0x04, "something else", "kept receipt"),
        (0x00, "Hello", "text Hello"),
    ] {
        let entry = incoming().delivery(&delivered(class, text.as_bytes()), now()).expect("something");
        assert_eq!(words(&entry), [want], "{text}");
        assert_eq!(entry.sender_ref.as_deref(), Some("+12025550100"));
        assert_eq!(entry.account_ref, "me@h:1");
    }
}

#[test]
fn parts_are_kept_and_joined_in_whatever_order() {
    let mut incoming = incoming();
    let part = |place: u8, text: &str| {
        let mut octets = vec![5, 0, 3, 9, 3, place];
        octets.extend(text.as_bytes());
        delivered(0x40, &octets)
    };
    let mut take = |place, text| words(&incoming.delivery(&part(place, text), now()).expect("something"));
    assert_eq!(take(3, "c"), ["kept sms_part"]);
    assert_eq!(take(1, "a"), ["kept sms_part"]);
    assert_eq!(take(1, "a"), ["kept sms_part"], "one that came twice counts once");
    assert_eq!(take(2, "b"), ["kept sms_part", "text abc"]);
    assert_eq!(take(2, "b"), ["kept sms_part"]);
    assert!(incoming.overdue(now()).is_empty());
    let late = incoming.overdue(now().plus(SMPP_JOIN_US + 1));
    assert_eq!(late.iter().flat_map(words).collect::<Vec<_>>(), ["text …b…"]);
}

#[test]
fn a_failed_part_fails_the_message_and_the_last_part_delivers_it() {
    let mut incoming = incoming();
    incoming.remember_parts(&["1".to_owned(), "2".to_owned(), "3".to_owned()], "3");
    let mut take = |text: &str| {
        incoming.delivery(&delivered(0x04, text.as_bytes()), now()).map(|entry| words(&entry).join(","))
    };
    assert_eq!(take("id:1 stat:DELIVRD"), None);
    assert_eq!(take("id:2 stat:UNDELIV").as_deref(), Some("3 Failed"));
    assert_eq!(take("id:3 stat:DELIVRD").as_deref(), Some("3 Delivered"));
}

#[test]
fn what_cannot_be_read_is_kept() {
    let frame = Frame { id: 5, status: 0, sequence: 1, pdu: None, body: Bytes::from_static(&[1, 2]) };
    let entry = incoming().delivery(&frame, now()).expect("something");
    assert_eq!(words(&entry), ["kept deliver_sm"]);
}

#[test]
fn late_answers_settle_their_attempt() {
    let attempt = AttemptId::from_bytes([4; 16]);
    for (status, id, want) in [(0, "0A", "a Sent"), (0x58, "", " Failed")] {
        let entry = incoming().late(attempt, &Answer { status, id: id.to_owned() }, now());
        assert_eq!(words(&entry), [want]);
        let Fact::Receipt(receipt) = &entry.facts[0] else { panic!("a receipt") };
        assert_eq!(receipt.attempt, Some(attempt));
    }
}
