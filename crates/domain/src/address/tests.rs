use super::*;

#[test]
fn phones_are_read_into_e164() {
    for (text, e164, country, calling) in [
        ("+49 151 12345678", "+4915112345678", "DE", 49),
        ("+49 (0)151 1234-5678", "+4915112345678", "DE", 49),
        (" +1 (415) 555-2671 ", "+14155552671", "US", 1),
        ("+1.604.555.0199", "+16045550199", "CA", 1),
        ("+15551230001", "+15551230001", "US", 1),
        ("+52 1 55 1234 5678", "+525512345678", "MX", 52),
        ("+55 11 98765-4321", "+5511987654321", "BR", 55),
        ("+39 06 1234 5678", "+390612345678", "IT", 39),
        ("+91 98765 43210", "+919876543210", "IN", 91),
        ("+7 701 234 5678", "+77012345678", "KZ", 7),
    ] {
        let phone = Phone::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        assert_eq!(phone.as_str(), e164);
        assert_eq!(phone.digits(), &e164[1..]);
        assert_eq!(phone.country().as_str(), country, "{text}");
        assert_eq!(phone.country_calling_code(), calling);
    }
}

#[test]
fn one_person_has_one_number_whoever_writes_it() {
    for text in ["+810 000 000 000", "+4400179503030", "+49 (0)0151 12345678", "+52 1 55 1234 5678"] {
        let Ok(phone) = Phone::parse(text) else { continue };
        assert_eq!(Phone::parse(phone.as_str()).as_ref(), Ok(&phone), "{text}: reading it again changes it");
        assert_eq!(Phone::from_platform_digits(phone.digits()).as_ref(), Some(&phone), "{text}");
        let address = Address::from(phone);
        assert_eq!(Address::from_canonical(&address.canonical()), Some(address), "{text}");
    }
    assert_eq!(Phone::parse("+4400179503030").expect("a number").as_str(), "+44179503030");
}

#[test]
fn phones_that_cannot_be_called_are_refused_with_advice() {
    for (text, code) in [
        ("4915198765432", "phone.needs_plus"),
        ("", "phone.needs_plus"),
        ("0151 12345678", "phone.needs_plus"),
        ("+", "phone.invalid"),
        ("+1", "phone.invalid"),
        ("+12345", "phone.invalid"),
        ("+1 415 555 26711", "phone.invalid"),
        ("+1 015 555 2671", "phone.invalid"),
        ("+999 123456789", "phone.invalid"),
        ("+0 123456789", "phone.invalid"),
        ("+1-800-FLOWERS", "phone.invalid"),
        ("+4915198765432 ext. 4", "phone.invalid"),
        ("+49 151 1234 5678 9012 3456 7890", "phone.invalid"),
        ("+49 16-47", "phone.invalid"),
        ("++4915112345678", "phone.invalid"),
        ("+１２３４５６７８９０", "phone.invalid"),
    ] {
        let problems = Phone::parse(text).expect_err(text);
        let problem = &problems[0];
        assert_eq!((problem.field.as_str(), problem.code), ("phone", code), "{text}");
        assert!(problem.detail.ends_with('.'));
        assert!(text.len() < 5 || !problem.detail.contains(text), "a problem must not repeat the number");
    }
}

#[test]
fn platform_numbers_are_never_lost() {
    for (digits, e164) in [
        ("4915112345678", Some("+4915112345678")),
        ("5215512345678", Some("+525512345678")),
        ("15550783881", Some("+15550783881")),
        ("999123456789", Some("+999123456789")),
        ("1234567", Some("+1234567")),
        ("0123456789", None),
        ("123", None),
        ("US.123456789", None),
        ("", None),
        ("1234567890123456", None),
    ] {
        assert_eq!(Phone::from_platform_digits(digits).as_ref().map(Phone::as_str), e164, "{digits}");
    }
    assert_eq!(
        Phone::from_platform_digits("999123456789").map(|phone| phone.country()),
        Some(CountryCode::UNKNOWN)
    );
}

#[test]
fn user_ids_keep_their_text() {
    for (text, parent) in
        [("US.13491208655302741918", false), ("DE.aB9", false), ("US.ENT.11815799212886844830", true)]
    {
        let id = Bsuid::parse(text).expect(text);
        assert_eq!((id.as_str(), id.is_parent()), (text, parent));
        assert_eq!(id.country().map(|country| country.to_string()).as_deref(), Some(&text[..2]));
    }
    let long = format!("US.{}", "1".repeat(129));
    for text in ["", "US", "US.", "USA.1", "U1.1", "US.1 2", "US.ENT.", "13491208655302741918", long.as_str()]
    {
        assert_eq!(Bsuid::parse(text).expect_err(text)[0].code, "bsuid.invalid");
    }
    assert!(Bsuid::from_platform("XX.new-format_7").is_some());
    assert!(Bsuid::from_platform("two words").is_none());
}

#[test]
fn mail_addresses_follow_plain_rules() {
    for (text, kept) in [
        ("Ann.Lee+news@Example.ORG", "Ann.Lee+news@example.org"),
        (" o'neil@mail.example.co ", "o'neil@mail.example.co"),
        ("jörg@bücher.example", "jörg@bücher.example"),
    ] {
        assert_eq!(Email::parse(text).expect(text).as_str(), kept);
    }
    let long = format!("{}@example.org", "a".repeat(65));
    let longer = format!("a@{}org", "abcdefgh.".repeat(30));
    for text in [
        "",
        "@",
        "ann",
        "ann@",
        "@example.org",
        "ann@localhost",
        "ann@example..org",
        "ann@-example.org",
        ".ann@example.org",
        "ann lee@example.org",
        "Ann <ann@example.org>",
        "\"ann\"@example.org",
        "ann@192.168.0.1",
        "a..b@example.org",
        "ann@exam_ple.org",
        "ann\n@example.org",
        long.as_str(),
        longer.as_str(),
    ] {
        assert_eq!(Email::parse(text).expect_err(text)[0].code, "email.invalid");
    }
}

#[test]
fn printing_masks_and_canonical_names() {
    for (kind, text, canonical, masked) in [
        ("phone", "+49 151 12345678", "phone:+4915112345678", "phone(…78)"),
        ("bsuid", "US.13491208655302741918", "bsuid:US.13491208655302741918", "bsuid(…18)"),
        ("bsuid", "US.1", "bsuid:US.1", "bsuid(…)"),
        ("email", "ann@Example.org", "email:ann@example.org", "email(….org)"),
    ] {
        let address = Address::parse(kind, text).expect(text);
        assert_eq!(address.canonical(), canonical);
        assert_eq!(format!("{address}"), masked);
        assert_eq!(format!("{address:?}"), masked);
        assert_eq!(address.kind(), kind);
        assert_eq!(Address::from_canonical(canonical), Some(address.clone()));
        let stored = serde_json::to_string(&address).unwrap();
        assert_eq!(stored, format!("{{\"{kind}\":\"{}\"}}", address.expose()));
        assert_eq!(serde_json::from_str::<Address>(&stored).unwrap(), address);
    }
    assert_eq!(Address::parse("fax", "+49").expect_err("fax")[0].code, "address.kind");
    for stored in [r#"{"phone":"49151"}"#, r#"{"email":"nobody"}"#, r#"{"fax":"1"}"#] {
        assert!(serde_json::from_str::<Address>(stored).is_err());
    }
}

#[test]
fn addresses_fit_their_channels() {
    let phone = Address::parse("phone", "+4915112345678").unwrap();
    let bsuid = Address::parse("bsuid", "US.1").unwrap();
    let email = Address::parse("email", "a@b.example").unwrap();
    let fits = |address: &Address| Channel::ALL.map(|channel| address.fits(channel));
    assert_eq!(fits(&phone), [true, true, false]);
    assert_eq!(fits(&bsuid), [true, false, false]);
    assert_eq!(fits(&email), [false, false, true]);
    assert_eq!(phone.country(), CountryCode::parse("de"));
    assert_eq!(email.country(), None);
}
