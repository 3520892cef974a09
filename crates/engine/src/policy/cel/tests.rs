use super::*;

use serde_json::{Map, json};

use tidings_domain::category::Category;
use tidings_domain::policy::Wall;

static TAGS: std::sync::LazyLock<Vec<String>> =
    std::sync::LazyLock::new(|| vec!["vip".to_owned(), "beta_tester".to_owned()]);

fn seen(metadata: &Map<String, serde_json::Value>) -> Seen<'_> {
    Seen {
        category: Category::Marketing,
        channel: "whatsapp",
        country: "DE",
        state: "",
        template: "spring_offer",
        language: "de",
        free_form: false,
        sender: "snd_1",
        opted_out: false,
        local: Some(Wall { hour: 21, minute: 30, weekday: 5 }),
        metadata: Some(metadata),
        tags: &TAGS,
        granted: &["marketing", "news"],
    }
}

fn holds(source: &str) -> bool {
    let metadata = json!({"tier": "gold", "amount": 12, "empty": null, "Ü": "Größe"});
    let metadata = metadata.as_object().expect("an object");
    Expression::compile(source).unwrap_or_else(|misfit| panic!("{source}: {misfit}")).holds(&seen(metadata))
}

#[test]
fn what_rules_say() {
    let cases = [
        ("true", true),
        ("category == 'marketing' && country in ['DE', 'AT']", true),
        ("category == \"utility\" || free_form", false),
        ("!(country == 'DE')", false),
        ("local.hour >= 20 || local.hour < 8", true),
        ("local.weekday in [6, 7]", false),
        ("local.hour * 60 + local.minute == 1290", true),
        ("-local.hour < 0 && local.hour % 2 == 1 && local.hour / 0 == 0", true),
        ("template.name.startsWith('spring_') && template.language == 'de'", true),
        ("template.name.endsWith('sale') || template.name.contains('offer')", true),
        ("metadata.tier == 'gold'", true),
        ("metadata['tier'] == 'gold' && metadata.amount == '12'", true),
        ("has(metadata.tier) && !has(metadata.campaign) && !has(metadata.empty)", true),
        ("'tier' in metadata && size(metadata) == 4", true),
        ("metadata.nothing == ''", true),
        ("['gold', 'silver'].exists(t, t == metadata.tier)", true),
        ("['gold', 'silver'].all(t, t != metadata.tier)", false),
        ("[20, 21].exists(h, h == local.hour)", true),
        ("[].exists(x, x == 'a')", false),
        ("(free_form ? 'a' : 'b') == 'b'", true),
        ("'GOLD'.lowerAscii() == metadata.tier", true),
        ("country + '-' + channel == 'DE-whatsapp'", true),
        ("1.5 + 1.5 >= 3.0", true),
        ("size(country) == 2 && country.size() < 3", true),
        ("sender != 'snd_2' && !recipient.opted_out", true),
        ("'vip' in contact.tags && !('gone' in contact.tags)", true),
        ("contact.tags.exists(t, t.startsWith('beta_'))", true),
        ("contact.tags.all(t, t == 'vip')", false),
        ("size(contact.tags) == 2", true),
        ("has_consent('news') && has_consent(\"marketing\")", true),
        ("has_consent('offers')", false),
        ("9223372036854775807 + 1 < 0", true),
    ];
    for (source, want) in cases {
        assert_eq!(holds(source), want, "{source}");
    }
}

#[test]
fn what_is_refused_says_where() {
    let refused = |source: &str| match Expression::compile(source) {
        Ok(_) => panic!("{source} was taken"),
        Err(misfit) => format!("{}:{}", misfit.line, misfit.column),
    };
    let cases = [
        ("category ==", None),
        ("nobody == 'x'", Some("1:1")),
        ("country == 'nobody' &&\n  nobody", Some("2:3")),
        ("country == 7", Some("1:12")),
        ("local.hour", Some("1:1")),
        ("local.second == 1", Some("1:1")),
        ("country && true", Some("1:1")),
        ("country.matches('D.')", Some("1:9")),
        ("metadata == 'x'", None),
        ("country in ['DE', 1]", Some("1:12")),
        ("country in [channel]", Some("1:12")),
        ("local.hour in ['a']", Some("1:12")),
        ("['a'].map(x, x)[0] == 'a'", None),
        ("['a'].exists(x, ['b'].exists(y, x == y))", Some("1:30")),
        ("metadata.exists(k, k == 'a')", None),
        ("{'a': 1}.a == 1", None),
        ("b'x' == b'x'", None),
        ("1u == 1u", None),
        ("null == null", None),
        ("true ? 'a' : 1", Some("1:6")),
        ("country - 'D' == 'E'", None),
        ("'a' < 1", Some("1:7")),
        ("has(country.x)", None),
        ("contact.tags == 'vip'", None),
        ("7 in contact.tags", Some("1:3")),
        ("contact.names == 'x'", Some("1:1")),
        ("has_consent(country)", Some("1:1")),
        ("has_consent()", Some("1:1")),
        ("has_consent('a') == 'a'", None),
        ("", None),
    ];
    for (source, want) in cases {
        let found = refused(source);
        if let Some(want) = want {
            assert_eq!(found, want, "{source}");
        }
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let deep = format!("{}free_form{}", "!(".repeat(60), ")".repeat(60));
    let many = vec!["free_form"; 200].join(" || ");
    let list = format!("country in [{}]", vec!["'DE'"; 101].join(","));
    let body = vec!["x == country"; 40].join(" || ");
    let costly = format!("[{}].exists(x, {body})", vec!["'DE'"; 100].join(","));
    let long = format!("country == '{}'", "x".repeat(5_000));
    for source in [deep, many, list, costly, long] {
        assert!(Expression::compile(&source).is_err(), "{}…", &source[..60]);
    }
}

/// Texts that made parsers of this language slow or deep; each must be answered, and soon.
#[test]
fn hostile_texts_are_answered() {
    let cases = [
        "[".repeat(4_000),
        "((((".repeat(1_000),
        "a.".repeat(2_000),
        "[[[[[[[[[[".repeat(12) + "1",
        "!".repeat(4_096),
        "-".repeat(4_096),
        "1+".repeat(2_000),
        "'".to_owned(),
        "\u{0}\u{ffff}ü\\".to_owned(),
        "a?b:".repeat(1_000),
        "x.exists(x,".repeat(300),
        "{".repeat(4_000),
    ];
    for source in cases {
        assert!(Expression::compile(&source).is_err());
    }
}

#[test]
fn what_an_expression_uses_is_known() {
    let uses = |source: &str| Expression::compile(source).expect("sound").uses();
    assert_eq!(uses("country == 'DE'"), Uses { content: false, time: false, tags: false });
    assert_eq!(uses("local.hour > 20"), Uses { content: false, time: true, tags: false });
    assert_eq!(
        uses("has(metadata.a) && recipient.opted_out"),
        Uses { content: true, time: true, tags: false }
    );
}

#[test]
fn a_consent_is_asked_for_by_a_name_that_there_is() {
    let source = "category == 'news' ||\n  has_consent('news') && has_consent('weather')";
    let expression = Expression::compile(source).expect("sound");
    assert!(expression.uses().time && !expression.uses().content);
    assert!(expression.check_purposes(source, |name| name != "never").is_ok());
    let misfit = expression.check_purposes(source, |name| name == "news").expect_err("no such topic");
    assert_eq!((misfit.line, misfit.column), (2, 38));
    assert!(misfit.text.contains("weather"));
    let many: Vec<String> = (0..11).map(|n| format!("has_consent('t{n}')")).collect();
    assert!(Expression::compile(&many.join(" || ")).is_err());
}

#[test]
fn tags_are_looked_at_when_the_message_is_taken_in() {
    let uses = Expression::compile("'vip' in contact.tags").expect("sound").uses();
    assert!(uses.content && uses.tags && !uses.time);
    // Through all tags of a contact, twice over.
    let costly = ["contact.tags.exists(t, t == country || t == sender)"; 3].join(" || ");
    assert!(Expression::compile(&costly).is_err());
}
