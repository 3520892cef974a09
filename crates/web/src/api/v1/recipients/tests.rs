use super::*;

#[test]
fn a_recipient_is_exactly_one_address() {
    let phone = Recipient { phone: Some("+14155550100".to_owned()), ..Recipient::default() };
    let address = phone.address().unwrap();
    assert_eq!(Recipient::from(address), phone);
    let both = Recipient { email: Some("ada@example.org".to_owned()), ..phone };
    for wrong in [both, Recipient::default()] {
        let problem = wrong.address().unwrap_err();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (400, "to"), "{wrong:?}");
    }
    let bad = Recipient { phone: Some("12".to_owned()), ..Recipient::default() };
    assert_eq!(bad.address().unwrap_err().errors[0].field, "to.phone");
}

#[test]
fn the_form_of_an_address_tells_its_kind() {
    for (text, kind, value) in [
        ("+14155550100", "phone", "+14155550100"),
        (" 14155550100", "phone", "+14155550100"),
        ("US.13491208655302741918", "bsuid", "US.13491208655302741918"),
        ("ada@Example.org", "email", "ada@example.org"),
    ] {
        let address = address_of_text("to", text).unwrap();
        assert_eq!((address.kind(), address.expose()), (kind, value), "{text}");
    }
    for text in ["", "12", "nobody", "@"] {
        assert_eq!(address_of_text("from", text).unwrap_err().errors[0].field, "from", "{text:?}");
    }
}
