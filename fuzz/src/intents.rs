//! The intent of a client.

use tidings_domain::intent::{Body, Intent, To};
use tidings_domain::limits::{METADATA_BYTES_MAX, REFERENCE_BYTES_MAX, SEND_AT_AHEAD_US_MAX};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp::{Outgoing, Recipient};

/// 2026-01-05T10:00:00Z, so that a fault is one on every day.
const NOW: Timestamp = Timestamp::from_secs(1_767_607_200);

/// What is taken is within its bounds and can be written again; what is refused says why.
pub fn intent(bytes: &[u8]) {
    let intent = match Intent::parse(bytes, NOW) {
        Ok(intent) => intent,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|problem| !problem.detail.is_empty()), "a problem without words");
            return;
        }
    };
    assert!(intent.reference.as_ref().is_none_or(|text| text.len() <= REFERENCE_BYTES_MAX));
    assert!(intent.metadata.as_ref().is_none_or(|raw| raw.get().len() <= METADATA_BYTES_MAX));
    let latest = NOW.plus(SEND_AT_AHEAD_US_MAX);
    assert!(intent.send_at.is_none_or(|at| at > NOW && at <= latest), "a time that cannot be kept");
    if let To::Address(address) = &intent.to {
        crate::names::address(address);
    }
    if let Body::Message(outgoing) = &intent.body {
        written(outgoing);
    }
}

/// The body on the wire is JSON, and our attempt stands in it.
fn written(outgoing: &Outgoing) {
    let mut body = Vec::new();
    outgoing.write_body(Recipient::Phone("+4915112300001"), "att_01", &mut body);
    let value: serde_json::Value = serde_json::from_slice(&body).expect("what is written is JSON");
    assert_eq!(value["biz_opaque_callback_data"], "att_01");
    let stored = serde_json::to_vec(outgoing).expect("content can be stored");
    let opened: Outgoing = serde_json::from_slice(&stored).expect("what was stored can be opened");
    let mut again = Vec::new();
    opened.write_body(Recipient::Phone("+4915112300001"), "att_01", &mut again);
    assert_eq!(body, again, "storing changed a message");
}
