use proptest::prelude::*;

use super::*;
use crate::id::Id;
use crate::time::DAY;

const START: Timestamp = Timestamp::from_secs(1_790_000_000);

fn topic() -> TopicId {
    TopicId::from_bytes([9; 16])
}

fn day(n: i64) -> Timestamp {
    START.plus(n * DAY)
}

/// `+3` is a grant of the third day, `-3` a revocation, `p` before it the platform's own.
fn stated(text: &str) -> Stated {
    let (platform, rest) = text.strip_prefix('p').map_or((false, text), |rest| (true, rest));
    let granted = rest.starts_with('+');
    let at = day(rest[1..].parse().expect("a day"));
    Stated { purpose: Category::Marketing.into(), reach: Channel::Whatsapp.into(), granted, platform, at }
}

fn shown(standing: Standing) -> String {
    let days = |at: Timestamp| at.since(START) / DAY;
    match standing {
        Standing::Silent => "silent".to_owned(),
        Standing::Granted(at) => format!("+{}", days(at)),
        Standing::Revoked(at) => format!("-{}", days(at)),
    }
}

#[test]
fn the_table_of_what_stands() {
    for (said, want) in [
        ("", "silent"),
        ("+1", "+1"),
        ("-1", "-1"),
        ("+1 -2", "-2"),
        ("-1 +2", "+2"),
        ("+1 -1", "-1"),
        ("p-1", "-1"),
        ("p-1 p+2", "silent"),
        ("+1 p-2", "-2"),
        ("+1 p-2 p+3", "+1"),
        // The platform's resume lifts no stop of the person's own.
        ("-1 p+2", "-1"),
        ("-1 p-2 p+3", "-1"),
        ("p-1 -2 p+3", "-2"),
        // A newer grant of the person lifts both.
        ("p-1 +2", "+2"),
        ("-1 p-1 +2", "+2"),
        ("+2 p-3 -1", "-3"),
        ("p-2 p+2", "-2"),
        ("p+1", "silent"),
    ] {
        let all: Vec<Stated> = said.split(' ').filter(|each| !each.is_empty()).map(stated).collect();
        let standing = Choices::of(all).standing(Category::Marketing, Channel::Whatsapp);
        assert_eq!(shown(standing), want, "{said}");
    }
}

#[test]
fn a_channel_and_any_channel() {
    let on = |reach: Reach, text: &str| Stated { reach, ..stated(text) };
    let sms = Reach::On(Channel::Sms);
    for (all, whatsapp, by_sms) in [
        (vec![on(sms, "-1")], "silent", "-1"),
        (vec![on(Reach::Any, "-1")], "-1", "-1"),
        (vec![on(Reach::Any, "-1"), on(sms, "+2")], "-1", "+2"),
        (vec![on(sms, "+1"), on(Reach::Any, "-2")], "-2", "-2"),
        (vec![on(sms, "-3"), on(Reach::Any, "+2")], "+2", "-3"),
    ] {
        let choices = Choices::of(all);
        let found =
            [Channel::Whatsapp, Channel::Sms].map(|each| shown(choices.standing(Category::Marketing, each)));
        assert_eq!(found, [whatsapp, by_sms]);
    }
}

#[test]
fn topics_and_categories_stand_for_themselves() {
    let of_topic = Stated { purpose: Purpose::Topic(topic()), ..stated("-1") };
    let choices = Choices::of([of_topic, stated("+2")]);
    assert!(choices.has_topics());
    assert_eq!(shown(choices.standing(Purpose::Topic(topic()), Channel::Whatsapp)), "-1");
    assert_eq!(shown(choices.standing(Category::Marketing, Channel::Whatsapp)), "+2");
    assert_eq!(shown(choices.standing(Category::Utility, Channel::Whatsapp)), "silent");
}

#[test]
fn what_was_held_and_what_decided() {
    let line = |text: &str, recorded: i64| Line { stated: stated(text), recorded_at: day(recorded) };
    // A grant of day 1 that was recorded only on day 5, and a revocation on day 3.
    let lines = [line("+1", 5), line("-3", 3), line("+7", 7)];
    for (at, known, want, decided) in [
        (0, Known::Then, None, None),
        (2, Known::Then, None, None),
        (2, Known::Now, Some("+1"), Some(0)),
        (3, Known::Then, Some("-3"), Some(1)),
        (6, Known::Then, Some("-3"), Some(1)),
        (7, Known::Then, Some("+7"), Some(2)),
    ] {
        let held = held_at(&lines, day(at), known);
        let found = held.first().map(|each| (shown(each.standing), each.line));
        assert_eq!(found, want.map(|want: &str| (want.to_owned(), decided)), "day {at}, {known:?}");
    }
    let everywhere = [Line { stated: Stated { reach: Reach::Any, ..stated("-1") }, recorded_at: day(1) }];
    assert_eq!(held_at(&everywhere, day(2), Known::Then).len(), Channel::ALL.len());
}

fn any_stated() -> impl Strategy<Value = Stated> {
    let purpose = prop_oneof![
        (0..4i64).prop_map(|code| Purpose::Category(Category::from_code(code).expect("a code"))),
        (0..3u8).prop_map(|n| Purpose::Topic(TopicId::from_bytes([n; 16]))),
    ];
    let reach =
        prop_oneof![Just(Reach::Any), (0..3i64).prop_map(|code| Reach::from_code(code).expect("a code"))];
    (purpose, reach, any::<bool>(), any::<bool>(), 0..6i64).prop_map(
        |(purpose, reach, granted, platform, at)| Stated { purpose, reach, granted, platform, at: day(at) },
    )
}

proptest! {
    #[test]
    fn order_and_repetition_make_no_difference(
        mut all in proptest::collection::vec(any_stated(), 0..12), turn in 0..12usize
    ) {
        let choices = Choices::of(all.clone());
        let split = turn.min(all.len());
        all.rotate_left(split);
        let again: Vec<Stated> = all.iter().chain(&all).copied().collect();
        prop_assert_eq!(&choices, &Choices::of(again));
        // What was kept says the same as all of it did, and one more statement can be added to it.
        prop_assert_eq!(&choices, &Choices::of(choices.iter().copied()));
        prop_assert_eq!(Choices::unpack(&choices.pack()), Some(choices));
    }

    #[test]
    fn rows_that_are_no_choices_do_not_read(bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
        if let Some(read) = Choices::unpack(&bytes) {
            prop_assert_eq!(read.pack().len(), bytes.len());
        }
    }

    #[test]
    fn a_revocation_after_all_else_stands(mut all in proptest::collection::vec(any_stated(), 0..12), channel in 0..3i64) {
        let channel = Channel::from_code(channel).expect("a code");
        let last = Stated {
            purpose: Category::Marketing.into(), reach: channel.into(), granted: false, platform: false, at: day(9),
        };
        all.push(last);
        prop_assert_eq!(Choices::of(all).standing(Category::Marketing, channel), Standing::Revoked(day(9)));
    }
}

#[test]
fn proofs_are_checked_and_not_shown() {
    let good = Proof {
        text: Some("Yes, Acme may write to me.".to_owned()),
        ip: Some("2001:db8::7".to_owned()),
        document_url: Some("https://acme.example/forms/3".to_owned()),
        ..Proof::default()
    };
    assert_eq!(good.check(), Ok(()));
    assert!(!format!("{good:?}").contains("2001"));
    for (bad, field) in [
        (Proof { ip: Some("somewhere".to_owned()), ..Proof::default() }, "proof.ip"),
        (
            Proof { document_url: Some("javascript:alert(1)".to_owned()), ..Proof::default() },
            "proof.document_url",
        ),
        (Proof { text: Some(" ".to_owned()), ..Proof::default() }, "proof.text"),
        (Proof { text_version: Some("3".repeat(201)), ..Proof::default() }, "proof.text_version"),
    ] {
        let problems = bad.check().expect_err("it does not fit");
        assert_eq!(problems[0].field, field);
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for reach in [Reach::Any, Channel::Whatsapp.into(), Channel::Sms.into(), Channel::Email.into()] {
        assert_eq!(Reach::parse(reach.as_str()), Some(reach));
        assert_eq!(Reach::from_code(reach.code()), Some(reach));
    }
    assert!(Source::ALL.iter().all(|each| Source::parse(each.as_str()) == Some(*each)));
    assert!(Basis::ALL.iter().all(|each| Basis::parse(each.as_str()) == Some(*each)));
    let titles = [("en", "Offers"), ("pt-BR", "Ofertas"), ("de", "Angebote")];
    let titles = titles.map(|(language, title)| (language.to_owned(), title.to_owned())).into();
    let topic = Topic {
        id: topic(),
        code: "offers".to_owned(),
        category: Category::Marketing,
        titles,
        archived: false,
    };
    for (language, want) in
        [("de", "Angebote"), ("de-AT", "Angebote"), ("pt-BR", "Ofertas"), ("fr", "Offers")]
    {
        assert_eq!(topic.title(language), want);
    }
}

#[test]
fn settings_of_a_tenant_are_checked() {
    let with =
        |word: &str| ConsentSettings { stop_words: vec![word.to_owned()], ..ConsentSettings::default() };
    assert_eq!(with("Genug!").check(), Ok(()));
    for bad in ["", "!!!", &"x".repeat(61)] {
        assert_eq!(with(bad).check().expect_err("it does not fit")[0].field, "stop_words[0]");
    }
}
