use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::category::Category;
use crate::whatsapp::lint::{correct, is_refused, lint};

#[test]
fn languages_are_tried_in_order() {
    let chains = BTreeMap::from([
        ("pt".to_owned(), vec!["es".to_owned()]),
        ("pt_BR".to_owned(), vec!["pt_PT".to_owned(), "pt".to_owned()]),
    ]);
    for (wanted, default, chain) in [
        ("pt_BR", Some("en"), "pt_BR pt pt_PT es en"),
        ("pt", None, "pt es"),
        ("de_AT", Some("de"), "de_AT de"),
        ("en_US", Some("en_US"), "en_US en"),
        ("fr", None, "fr"),
    ] {
        assert_eq!(language_chain(wanted, &chains, default).join(" "), chain, "{wanted}");
    }
}

fn arm(name: &str, weight: u32) -> Variant {
    Variant { name: name.to_owned(), weight, pinned: Vec::new(), flag: None }
}

#[test]
fn variants_stick_and_keep_their_shares() {
    let arms = [arm("a", 1), arm("b", 3), arm("off", 0)];
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for n in 0u32..4_000 {
        let mut hash = [0u8; 16];
        hash[..4].copy_from_slice(&n.to_le_bytes());
        let first = variant_of(&arms, "parcel", &hash).expect("an arm");
        assert_eq!(variant_of(&arms, "parcel", &hash), Some(first), "sticky");
        *counts.entry(first.name.as_str()).or_default() += 1;
    }
    assert!((800..1_200).contains(&counts["a"]) && !counts.contains_key("off"), "{counts:?}");
    let moved = (0u8..100).filter(|n| {
        let hash = [*n; 16];
        variant_of(&arms, "parcel", &hash) != variant_of(&arms, "offer", &hash)
    });
    assert!(moved.count() > 10, "one person is not always in the same arm of every template");
    assert_eq!(variant_of(&[], "parcel", &[0; 16]), None);
    assert_eq!(variant_of(&[arm("only", 0)], "parcel", &[0; 16]).map(|arm| arm.name.as_str()), Some("only"));
}

#[test]
fn steps_are_taken_in_turn() {
    use VersionState as S;
    let table = [
        (S::Draft, "review"),
        (S::Draft, "archive"),
        (S::InReview, "sign_off"),
        (S::InReview, "return"),
        (S::InReview, "archive"),
        (S::SignedOff, "return"),
        (S::SignedOff, "submit"),
        (S::SignedOff, "archive"),
        (S::Approved, "archive"),
        (S::Rejected, "archive"),
        (S::Paused, "archive"),
        (S::Disabled, "archive"),
    ];
    for state in S::ALL {
        assert_eq!(S::parse(state.as_str()), Some(state));
        for step in Step::ALL {
            let wanted = table.contains(&(state, step.as_str()));
            assert_eq!(state.after(step).is_some(), wanted, "{state:?} {step:?}");
        }
    }
}

#[test]
fn the_platforms_words_move_only_what_stands_there() {
    use VersionState as S;
    for (state, word, next) in [
        (S::Submitted, "PENDING", Some(S::Pending)),
        (S::Submitted, "APPROVED", Some(S::Approved)),
        (S::Pending, "REJECTED", Some(S::Rejected)),
        (S::Approved, "PENDING", None),
        (S::Approved, "PAUSED", Some(S::Paused)),
        (S::Approved, "FLAGGED", None),
        (S::Paused, "APPROVED", Some(S::Approved)),
        (S::Paused, "DISABLED", Some(S::Disabled)),
        (S::Rejected, "APPROVED", Some(S::Approved)),
        (S::Draft, "APPROVED", None),
        (S::SignedOff, "REJECTED", None),
        (S::Archived, "APPROVED", None),
        (S::Approved, "DELETED", Some(S::Archived)),
        (S::Approved, "SOMETHING_NEW", None),
    ] {
        assert_eq!(state.heard(word), next, "{state:?} {word}");
    }
}

fn variable(name: &str, kind: &str, more: Value) -> Variable {
    let mut value = json!({"name": name, "type": kind});
    for (key, field) in more.as_object().expect("an object") {
        value[key] = field.clone();
    }
    serde_json::from_value(value).expect("a variable")
}

#[test]
fn values_fit_their_types() {
    for (kind, good, bad) in [
        ("text", vec![json!("Ann"), json!(12)], vec![json!(""), json!(true), json!("x".repeat(1_025))]),
        (
            "number",
            vec![json!("12"), json!("-1.50"), json!(3.5)],
            vec![json!("a"), json!("1,5"), json!("1.")],
        ),
        ("amount", vec![json!("12.50 EUR"), json!("USD 3")], vec![json!("12.50"), json!("12 euros")]),
        (
            "date",
            vec![json!("2026-11-21")],
            vec![json!("21.11.2026"), json!("2026-13-01"), json!("2026-1-1")],
        ),
        (
            "url",
            vec![json!("https://a.test/b"), json!("b/c?d=1")],
            vec![json!("a b"), json!("http://a.test")],
        ),
        ("code", vec![json!("AB12")], vec![json!("AB 12"), json!("A-1")]),
        ("file", vec![json!("https://a.test/b.png"), json!({"id": "7"})], vec![json!(7), json!("")]),
    ] {
        let variable = variable("v", kind, json!({}));
        for value in good {
            assert_eq!(variable.check(&value), Ok(()), "{kind} {value}");
        }
        for value in bad {
            assert!(variable.check(&value).is_err(), "{kind} {value}");
        }
    }
}

#[test]
fn missing_values_get_their_fallback() {
    let declared = [
        variable("name", "text", json!({"fallback": "you", "max_chars": 5})),
        variable("n", "number", json!({})),
    ];
    let filled = |given: Value| complete(&declared, &given, "template.variables");
    assert_eq!(filled(json!({"n": 2})).map(Value::Object), Ok(json!({"name": "you", "n": 2})));
    assert_eq!(filled(json!(["Ann", 2])).map(Value::Object), Ok(json!({"name": "Ann", "n": 2})));
    for (given, field, code) in [
        (json!({}), "template.variables.n", "template.variable_missing"),
        (json!({"name": "Bartholomew", "n": 1}), "template.variables.name", "template.variable_type"),
        (json!({"n": 1, "x": 1}), "template.variables", "template.variable_unknown"),
        (json!(["a", 1, 2]), "template.variables", "template.variable_unknown"),
        (json!(7), "template.variables", "template.variables_form"),
    ] {
        let problems = filled(given.clone()).expect_err("it does not fit");
        assert_eq!((problems[0].field.as_str(), problems[0].code), (field, code), "{given}");
    }
}

#[test]
fn names_and_tags_follow_the_tenants_rules() {
    let rules = TemplateRules {
        naming: vec!["ship_*_v*".to_owned(), "otp".to_owned()],
        required_tags: vec!["team".to_owned()],
        ..TemplateRules::default()
    };
    let tagged =
        Settings { tags: BTreeMap::from([("team".to_owned(), "a".to_owned())]), ..Settings::default() };
    for (name, fits) in [
        ("ship_parcel_v1", true),
        ("ship__v", true),
        ("otp", true),
        ("otp_2", false),
        ("ship_parcel", false),
        ("my_ship_parcel_v1", false),
        ("Ship_a_v1", false),
    ] {
        assert_eq!(rules.admit(name, &tagged).is_ok(), fits, "{name}");
    }
    assert_eq!(rules.admit("otp", &Settings::default()).expect_err("no tag")[0].code, "template.tag_missing");
    assert!(TemplateRules { naming: vec!["a b".to_owned()], ..TemplateRules::default() }.check().is_err());
    let strange = BTreeMap::from([("xx".to_owned(), vec!["en".to_owned()])]);
    assert!(TemplateRules { language_fallbacks: strange, ..TemplateRules::default() }.check().is_err());
}

#[test]
fn settings_are_checked() {
    for (settings, code) in [
        (json!({"variables": [{"name": "a"}, {"name": "a"}]}), "variable.name"),
        (json!({"variables": [{"name": "a", "type": "number", "sample": "x"}]}), "variable.value"),
        (json!({"variables": [{"name": "a", "max_chars": 3, "fallback": "long"}]}), "variable.value"),
        (json!({"variants": [{"name": "B"}]}), "variant.name"),
        (json!({"variants": [{"name": "b", "weight": 1001}]}), "variant.weight"),
        (json!({"default_language": "xx"}), "language.unknown"),
        (json!({"fallback_texts": [{"text": ""}]}), "fallback_text.size"),
    ] {
        let read: Settings = serde_json::from_value(settings.clone()).expect("settings");
        assert_eq!(read.check().expect_err("it does not fit")[0].code, code, "{settings}");
    }
    assert_eq!(Settings::default().check(), Ok(()));
    assert_eq!(Settings::default().arms()[0].name, MAIN_VARIANT);
}

#[test]
fn the_nearest_plain_text_is_taken() {
    let settings: Settings = serde_json::from_value(json!({"fallback_texts": [
        {"text": "any"}, {"language": "pt", "text": "pt"}, {"region": "BR", "text": "BR"},
        {"language": "pt_BR", "text": "pt_BR"}, {"language": "pt", "region": "BR", "text": "pt in BR"}]}))
    .expect("settings");
    for (language, region, text) in [
        ("pt_BR", Some("BR"), "pt_BR"),
        ("pt_PT", Some("BR"), "pt in BR"),
        ("pt_PT", Some("PT"), "pt"),
        ("en", Some("BR"), "BR"),
        ("en", None, "any"),
    ] {
        let found = settings.fallback_text(language, region).map(|each| each.text.as_str());
        assert_eq!(found, Some(text), "{language} {region:?}");
    }
}

#[test]
fn differences_name_their_places() {
    let before = json!({"a": [1, {"b": "x"}], "c": 1});
    let after = json!({"a": [1, {"b": "y"}, 3], "d": 2});
    let places: Vec<String> = diff(&before, &after).into_iter().map(|change| change.pointer).collect();
    assert_eq!(places, ["/a/1/b", "/a/2", "/c", "/d"]);
    assert!(diff(&before, &before).is_empty());
}

#[test]
fn a_preview_reads_as_the_recipient_will_see_it() {
    let definition = json!({"language": "ar_EG", "category": "UTILITY", "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "Hello {{1}}, {{2}} and {{1}} again."},
        {"type": "FOOTER", "text": "Shop"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Track", "url": "https://a.test/{{1}}"},
            {"type": "COPY_CODE", "example": "A"}]}]});
    let values = ["17", "Ann", "two", "t/17"];
    let shown = preview(&definition, &|_, place| values.get(place).map(|&text| text.to_owned()));
    assert_eq!(shown.body, "Hello Ann, two and Ann again.");
    assert_eq!(shown.header.as_ref().and_then(|header| header.text.as_deref()), Some("Order 17"));
    assert_eq!((shown.direction, shown.footer.as_deref()), ("rtl", Some("Shop")));
    assert_eq!(shown.buttons[0].leads_to.as_deref(), Some("https://a.test/t/17"));
    assert_eq!(shown.buttons[1].text, "Copy offer code");
    let bare = preview(&definition, &|_, _| None);
    assert_eq!((bare.body.as_str(), bare.missing.len()), ("Hello {{1}}, {{2}} and {{1}} again.", 5));
    let code = json!({"language": "en", "category": "AUTHENTICATION", "components": [
        {"type": "BODY", "add_security_recommendation": true}, {"type": "FOOTER", "code_expiration_minutes": 5}]});
    let shown = preview(&code, &|_, _| Some("123456".to_owned()));
    assert!(shown.body.starts_with("123456 is your verification code."), "{}", shown.body);
    assert_eq!(shown.footer.as_deref(), Some("This code expires in 5 minutes."));
}

#[test]
fn corrections_pass_the_linter_and_change_no_words() {
    let template = |text: &str| {
        json!({"name": "parcel_left", "language": "en", "category": "UTILITY", "components": [
            {"type": "BODY", "text": text, "example": {"body_text": [["Ada"]]}}]})
    };
    for (text, corrected) in [
        ("Your parcel left our house, {{1}}", Some("Your parcel left our house, {{1}}.")),
        ("Your parcel\t{{1}} left.\n\n\n\nBye now.", Some("Your parcel {{1}} left.\n\nBye now.")),
        ("Your parcel      {{1}} left us.", Some("Your parcel {{1}} left us.")),
        ("Your parcel {{1}} left us.", None),
    ] {
        let better = correct(&template(text), "INVALID_FORMAT");
        let found = better.as_ref().map(|each| each["components"][0]["text"].as_str().expect("a text"));
        assert_eq!(found, corrected, "{text:?}");
        if let Some(better) = &better {
            assert!(is_refused(&lint(&template(text))) && !is_refused(&lint(better)), "{text:?}");
        }
    }
    let moved = correct(&template("Your parcel {{1}} left us."), "INCORRECT_CATEGORY").expect("a correction");
    assert_eq!(moved["category"], "MARKETING");
}

#[test]
fn another_category_has_a_price() {
    let rates = implied(Category::Utility, Category::Marketing);
    let india = rates.iter().find(|rate| rate.market == "IN").expect("a market");
    assert_eq!((india.before, india.after, india.times), (0.0014, 0.0118, 8.4));
    assert!(implied(Category::Utility, Category::Authentication).is_empty());
}
