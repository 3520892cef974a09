use super::*;

/// `verdict | message`: `stop`, `ask` (a stop that may be about an order), `start`, `maybe` (people look), `-`.
const CASES: &str = include_str!("cases.txt");
const CASES_MIN: usize = 300;

fn verdict(reading: &Reading) -> &'static str {
    match reading {
        Reading::None => "-",
        Reading::Stop { ambiguous: false, .. } => "stop",
        Reading::Stop { ambiguous: true, .. } => "ask",
        Reading::Start { .. } => "start",
        Reading::PossibleStop { .. } => "maybe",
    }
}

#[test]
fn the_table_of_messages() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (want, text) = line.split_once('|').expect("a case has a bar");
        let found = read(text.trim(), &OwnWords::default());
        count += 1;
        if verdict(&found) != want.trim() {
            wrong.push(format!("{text} is {found:?} and not {}", want.trim()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= CASES_MIN, "only {count} cases");
}

#[test]
fn every_word_of_the_lists_counts_as_it_stands_there() {
    let text = include_str!("words.txt");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (head, list) = line.split_once(':').unwrap();
        let kind = head.split(' ').nth(1).unwrap();
        for word in list.split(',').map(str::trim) {
            let found = verdict(&read(word, &OwnWords::default()));
            let fits = match kind {
                "stop" => found == "stop",
                "ask" => matches!(found, "ask" | "stop"),
                "start" => matches!(found, "start" | "stop"),
                _ => true,
            };
            assert!(fits, "{head}: {word} is {found}");
            seen += 1;
        }
    }
    assert!(seen > 400, "{seen}");
}

#[test]
fn the_tenants_words_count_beside_ours() {
    let own = OwnWords::new(&["Genug!".to_owned()], &["los geht's".to_owned()]);
    for (text, want) in [
        ("GENUG", "stop"),
        ("genug bitte", "stop"),
        ("Los geht’s!", "start"),
        ("jetzt ist es aber genug mit den Nachrichten", "maybe"),
        ("stop", "stop"),
    ] {
        assert_eq!(verdict(&read(text, &own)), want, "{text}");
    }
    assert_eq!(verdict(&read("genug", &OwnWords::default())), "-");
}

#[test]
fn an_essay_is_no_opt_out() {
    let long = format!("stop {}", "and then some more of it ".repeat(40));
    assert_eq!(read(&long, &OwnWords::default()), Reading::None);
}

#[test]
fn buttons_have_ids() {
    for (object, want) in [
        (r#"{"interactive":{"button_reply":{"id":"STOP","title":"Enough"}}}"#, Some("STOP")),
        (r#"{"interactive":{"list_reply":{"id":"opt-out"}}}"#, Some("opt-out")),
        (r#"{"button":{"payload":"UNSUBSCRIBE","text":"x"}}"#, Some("UNSUBSCRIBE")),
        (r#"{"text":{"body":"STOP"}}"#, None),
        ("not json", None),
    ] {
        assert_eq!(tapped(object).as_deref(), want, "{object}");
    }
}
