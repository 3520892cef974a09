//! Names that strangers write: phone numbers, business-scoped user ids, our own ids.

use tidings_domain::address::{Address, Bsuid, Phone};
use tidings_domain::id::{AttemptId, Id, MessageId, TenantId};

/// Both ways to read a number; whatever comes out is E.164 and reads back as itself.
pub fn phone(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(phone) = Phone::parse(text) {
        let again = Phone::parse(phone.as_str());
        assert_eq!(again.as_ref().map(Phone::as_str), Ok(phone.as_str()), "a number changed when read again");
        let platform = Phone::from_platform_digits(phone.digits());
        assert_eq!(platform.as_ref(), Some(&phone), "client and platform name one person differently");
        address(&phone.into());
    }
    if let Some(phone) = Phone::from_platform_digits(text) {
        let again = Phone::from_platform_digits(phone.digits());
        assert_eq!(again.as_ref(), Some(&phone), "a number of the platform's changed when read again");
        address(&phone.into());
    }
}

pub fn bsuid(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let kept = Bsuid::from_platform(text);
    if let Ok(bsuid) = Bsuid::parse(text) {
        assert_eq!(bsuid.as_str(), text, "an id is sent back as it came");
        assert!(bsuid.country().is_some(), "an id without a country");
        assert_eq!(kept.as_ref(), Some(&bsuid), "what a client may write, the platform may too");
    }
    if let Some(bsuid) = kept {
        address(&bsuid.into());
    }
}

/// What holds of every address: it reads back from its one text, and shows no one who it is.
pub fn address(address: &Address) {
    let canonical = address.canonical();
    assert_eq!(Address::from_canonical(&canonical).as_ref(), Some(address), "an address has two texts");
    if let Address::Phone(phone) = address {
        let digits = phone.as_str().strip_prefix('+').expect("E.164 begins with a plus");
        assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
        let _ = (phone.country(), phone.country_calling_code());
    }
    let stored = serde_json::to_string(address).expect("an address is text");
    assert_eq!(serde_json::from_str::<Address>(&stored).ok().as_ref(), Some(address));
    let shown = format!("{address:?} {address}");
    assert!(address.expose().len() <= 6 || !shown.contains(address.expose()), "an address is shown");
}

/// One text per id, and one id per text.
pub fn type_id(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    fn one<I: Id>(text: &str) -> bool {
        let Ok(id) = I::parse(text) else { return false };
        assert_eq!(id.to_string(), text, "two texts name one id");
        assert!(I::parse(&id.to_string()).is_ok_and(|again| again == id));
        assert!(id.created_ms() >= 0);
        true
    }
    let kinds = [one::<MessageId>(text), one::<AttemptId>(text), one::<TenantId>(text)];
    assert!(kinds.iter().filter(|is| **is).count() <= 1, "an id of two kinds");
}
