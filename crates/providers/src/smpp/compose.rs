//! From a text to the messages of the protocol that carry it.

use std::str::FromStr;

use rusmpp::Pdu;
use rusmpp::pdus::SubmitSm;
use rusmpp::types::{AnyOctetString, COctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, MessagePayload, Npi, RegisteredDelivery, Ton};
use tidings_domain::credentials::{DefaultAlphabet, LongMessages, Smpp};
use tidings_domain::sms::{Encoding, Reference, Split, decode_gsm, split, split_ucs2, udh};

use super::text::to_latin1;

/// A receipt for every end; only the last part of many asks for that.
const EVERY_END: u8 = 1;
/// A receipt for a failure: of the parts before the last.
const FAILURES: u8 = 2;
const WITH_HEADER: u8 = 0x40;

/// What the sender's and the recipient's addresses cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit;

/// The submissions of one text, in order.
pub(super) fn compose(
    smpp: &Smpp,
    from: &str,
    to: &str,
    text: &str,
    number: u16,
) -> Result<Vec<Pdu>, Misfit> {
    let (split, latin1) = cut(smpp, text);
    let coding = match (split.encoding, latin1) {
        (Encoding::Ucs2, _) => DataCoding::Ucs2,
        (Encoding::Gsm7, _) => DataCoding::McSpecific,
    };
    let total = split.parts.len();
    let one = |octets: Vec<u8>, class: u8, receipts: u8| -> Result<SubmitSm, Misfit> {
        let (source_ton, source_npi, source) = origin(from);
        Ok(SubmitSm::builder()
            .source_addr_ton(source_ton)
            .source_addr_npi(source_npi)
            .source_addr(COctetString::from_str(source).map_err(|_| Misfit)?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(COctetString::from_str(to.trim_start_matches('+')).map_err(|_| Misfit)?)
            // The codec's own default has bits of another network in it.
            .esm_class(EsmClass::from(class))
            .registered_delivery(RegisteredDelivery::from(receipts))
            .data_coding(coding)
            .short_message(OctetString::from_vec(octets).map_err(|_| Misfit)?)
            .build())
    };
    let written = |octets: &[u8]| {
        if latin1 { to_latin1(&decode_gsm(octets)).unwrap_or_default() } else { octets.to_vec() }
    };
    if total == 1 {
        return Ok(vec![Pdu::from(one(written(&split.parts[0].octets), 0, EVERY_END)?)]);
    }
    if smpp.long_messages == LongMessages::Payload {
        let whole: Vec<u8> = split.parts.iter().flat_map(|part| written(&part.octets)).collect();
        let mut submit = one(Vec::new(), 0, EVERY_END)?;
        submit.push_tlv(rusmpp::tlvs::MessageSubmissionRequestTlvValue::MessagePayload(MessagePayload::new(
            AnyOctetString::from_vec(whole),
        )));
        return Ok(vec![Pdu::from(submit)]);
    }
    let parts = split.parts.iter().enumerate().map(|(index, part)| {
        let place = u8::try_from(index + 1).map_err(|_| Misfit)?;
        let reference = Reference { number, total: u8::try_from(total).map_err(|_| Misfit)?, place };
        let mut octets = udh(reference).to_vec();
        octets.extend(written(&part.octets));
        let receipts = if index + 1 == total { EVERY_END } else { FAILURES };
        Ok(Pdu::from(one(octets, WITH_HEADER, receipts)?))
    });
    parts.collect()
}

/// The text in parts, and whether the default alphabet is written as Latin-1.
fn cut(smpp: &Smpp, text: &str) -> (Split, bool) {
    let cut = split(text);
    match (smpp.default_alphabet, cut.encoding) {
        (DefaultAlphabet::Latin1, Encoding::Gsm7) if to_latin1(text).is_none() => (split_ucs2(text), false),
        (DefaultAlphabet::Latin1, Encoding::Gsm7) => (cut, true),
        _ => (cut, false),
    }
}

/// What kind of address a sender has.
fn origin(from: &str) -> (Ton, Npi, &str) {
    match from.strip_prefix('+') {
        Some(digits) => (Ton::International, Npi::Isdn, digits),
        None if from.bytes().all(|byte| byte.is_ascii_digit()) => (Ton::Abbreviated, Npi::Unknown, from),
        None => (Ton::Alphanumeric, Npi::Unknown, from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(smpp: &Smpp, from: &str, text: &str) -> Vec<SubmitSm> {
        let pdus = compose(smpp, from, "+4915112345678", text, 0x2A).expect("it fits");
        pdus.into_iter()
            .map(|pdu| match pdu {
                Pdu::SubmitSm(submit) => submit,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn smpp() -> Smpp {
        Smpp::new("h", 1, "me")
    }

    #[test]
    fn a_short_text_is_one_message() {
        let one = &sent(&smpp(), "+12025550100", "Hello @ €")[0];
        assert_eq!(one.short_message().as_ref(), b"Hello \x00 \x1B\x65");
        assert_eq!((u8::from(one.esm_class), u8::from(one.registered_delivery)), (0, 1));
        assert_eq!(
            (one.data_coding, one.source_addr.as_str(), one.destination_addr.as_str()),
            (DataCoding::McSpecific, "12025550100", "4915112345678")
        );
        let unicode = &sent(&smpp(), "Acme", "ž")[0];
        assert_eq!(
            (unicode.data_coding, unicode.short_message().as_ref()),
            (DataCoding::Ucs2, &[0x01, 0x7E][..])
        );
        assert_eq!(unicode.source_addr_ton, Ton::Alphanumeric);
        assert_eq!(sent(&smpp(), "72220", "x")[0].source_addr_ton, Ton::Abbreviated);
    }

    #[test]
    fn long_texts_leave_in_parts_with_headers() {
        let parts = sent(&smpp(), "Acme", &"a".repeat(310));
        assert_eq!(parts.len(), 3);
        for (index, part) in parts.iter().enumerate() {
            assert_eq!(part.short_message().as_ref()[..6], [5, 0, 3, 0x2A, 3, index as u8 + 1]);
            assert_eq!(u8::from(part.esm_class), 0x40);
            assert_eq!(u8::from(part.registered_delivery), if index == 2 { 1 } else { 2 });
        }
        assert_eq!(parts[0].short_message().as_ref().len(), 159);
    }

    #[test]
    fn long_texts_leave_in_one_payload_where_that_is_set() {
        let smpp = Smpp { long_messages: LongMessages::Payload, ..smpp() };
        let parts = sent(&smpp, "Acme", &"a".repeat(310));
        assert_eq!((parts.len(), parts[0].sm_length(), parts[0].tlvs().len()), (1, 0, 1));
        assert!(sent(&smpp, "Acme", "short")[0].tlvs().is_empty());
    }

    #[test]
    fn latin1_is_written_where_it_is_the_default() {
        let smpp = Smpp { default_alphabet: DefaultAlphabet::Latin1, ..smpp() };
        assert_eq!(sent(&smpp, "Acme", "ä@")[0].short_message().as_ref(), b"\xE4@");
        let euro = &sent(&smpp, "Acme", "€")[0];
        assert_eq!((euro.data_coding, euro.short_message().as_ref()), (DataCoding::Ucs2, &[0x20, 0xAC][..]));
    }

    #[test]
    fn addresses_that_do_not_fit_are_refused() {
        let long = "a name that is far too long for this";
        assert_eq!(compose(&smpp(), long, "+4915112345678", "x", 1).err(), Some(Misfit));
    }
}
