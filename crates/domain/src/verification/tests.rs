//! Codes, windows and the guard, on counts that tests make up.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use super::*;
use crate::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};

const NOW: Timestamp = Timestamp::from_secs(1_790_000_100);

fn phone(text: &str) -> Phone {
    Phone::parse(text).expect("a number")
}

#[test]
fn codes_are_fair_and_of_their_alphabet() {
    let random = RefCell::new(StdRng::seed_from_u64(7));
    let fill = |into: &mut [u8]| random.borrow_mut().fill_bytes(into);
    let mut seen: BTreeMap<char, u32> = BTreeMap::new();
    for _ in 0..5_000 {
        let code = make(Alphabet::Digits, 6, fill);
        assert_eq!(code.expose().len(), 6);
        code.expose().chars().for_each(|symbol| *seen.entry(symbol).or_default() += 1);
    }
    assert_eq!(seen.len(), 10);
    assert!(seen.values().all(|n| (2_700..3_300).contains(n)), "{seen:?}");
    let code = make(Alphabet::Letters, 8, fill);
    assert!(!code.expose().contains(['0', 'O', '1', 'I', 'L']), "people mistake these");
    // The greatest bytes would favour the first symbols: they are drawn again.
    let bytes = RefCell::new([255_u8, 250, 7].into_iter().cycle());
    let code = make(Alphabet::Digits, 4, |into| into.fill_with(|| bytes.borrow_mut().next().unwrap()));
    assert_eq!(code.expose(), "7777");
}

#[test]
fn what_people_type_is_read_kindly() {
    for (alphabet, typed, code) in [
        (Alphabet::Digits, " 123 456 ", "123456"),
        (Alphabet::Digits, "123-456", "123456"),
        (Alphabet::Digits, "12a456", "12a456"),
        (Alphabet::Letters, "ab2-c3d", "AB2C3D"),
    ] {
        assert_eq!(alphabet.tidy(typed), code);
    }
}

#[test]
fn a_number_is_counted_with_those_around_it() {
    let keys = keys_of(&phone("+4915112345678"));
    let texts: Vec<(&str, &str)> = keys.iter().map(|(scope, key)| (scope.as_str(), key.as_str())).collect();
    assert_eq!(
        texts,
        [
            ("phone", "4915112345678"),
            ("block", "4915112345"),
            ("range", "49151123"),
            ("area", "491511"),
            ("country", "DE"),
        ]
    );
    let near = neighbours(&phone("+4915112345678"));
    assert_eq!((near.len(), near[0].as_str(), near[9].as_str()), (10, "4915112345673", "4915112345683"));
    for scope in Scope::ALL {
        assert_eq!(Scope::from_code(scope.code()), Some(scope));
    }
}

#[test]
fn a_window_tells_when_it_has_room() {
    let at = |ago_us: i64| NOW.plus(-ago_us);
    let sent = |started| Tally { started, ..Tally::default() };
    let history = History {
        recent: vec![(at(50 * MINUTE), sent(2)), (at(20 * MINUTE), sent(1)), (at(4 * MINUTE), sent(3))],
        ..History::default()
    };
    assert_eq!(history.over(10 * MINUTE, NOW).started, 3);
    assert_eq!(history.over(HOUR, NOW).started, 6);
    for (span_us, max, wait_us) in [
        (10 * MINUTE, 4, None),
        (10 * MINUTE, 3, Some(11 * MINUTE)),
        (HOUR, 6, Some(15 * MINUTE)),
        (HOUR, 4, Some(45 * MINUTE)),
        (HOUR, 7, None),
    ] {
        assert_eq!(history.wait_us(span_us, max, NOW), wait_us, "{max} in {span_us}");
    }
    let settings = Settings::default();
    assert!(settings.check().is_ok());
    let none = exceeded(&settings.windows, |_| None, NOW);
    assert!(none.is_none(), "what was not given is not limited");
    let (window, wait_us) =
        exceeded(&settings.windows, |_| Some(&history), NOW).expect("six in an hour are too many");
    assert_eq!((window.scope, window.max, wait_us), (Scope::Phone, 6, 15 * MINUTE));
}

#[test]
fn settings_that_do_not_fit_are_named() {
    let odd = Settings {
        code_length: 2,
        ttl_s: 5,
        windows: vec![Window { scope: Scope::Phone, within_s: 1, max: 0 }],
        ..Settings::default()
    };
    let fields: Vec<String> = odd.check().unwrap_err().into_iter().map(|problem| problem.field).collect();
    assert_eq!(fields, ["code_length", "ttl_s", "windows[0].within_s", "windows[0].max"]);
}

/// A tenant's counts, as the store keeps them.
#[derive(Default)]
struct Book {
    histories: HashMap<(Scope, String), History>,
    sent: HashMap<String, Timestamp>,
}

impl Book {
    fn of(&self, scope: Scope, phone: &Phone) -> History {
        let key = keys_of(phone).into_iter().find(|(each, _)| *each == scope).expect("it is a key");
        self.histories.get(&key).cloned().unwrap_or_default()
    }

    /// A month of good conversion behind a number's country and range.
    fn knows(&mut self, phone: &Phone) {
        let month = Tally { started: 1_000, approved: 800, refused: 0 };
        for key in keys_of(phone) {
            self.histories.entry(key).or_default().month = month;
        }
    }

    fn ask(&mut self, phone: &Phone, now: Timestamp) -> Assessment {
        let lately = |text: &String| self.sent.get(text).is_some_and(|at| now.since(*at) < HOUR);
        let near = neighbours(phone).iter().filter(|text| lately(text)).count() as u32;
        let [block, range, area, country] =
            [Scope::Block, Scope::Range, Scope::Area, Scope::Country].map(|scope| self.of(scope, phone));
        let picture =
            Picture { block: &block, range: &range, area: &area, country: &country, neighbours: near, now };
        let mut assessment = assess(&picture);
        if assessment.slow_us(&picture).is_none() && assessment.action == Action::Slow {
            assessment.action = Action::Allow;
        }
        let sent = assessment.action == Action::Allow;
        self.count(phone, now, |tally| if sent { tally.started += 1 } else { tally.refused += 1 });
        if sent {
            self.sent.insert(phone.digits().to_owned(), now);
            for key in keys_of(phone) {
                self.histories.entry(key).or_default().last_sent_at = Some(now);
            }
        }
        assessment
    }

    fn use_code(&mut self, phone: &Phone, now: Timestamp) {
        self.count(phone, now, |tally| tally.approved += 1);
    }

    fn count(&mut self, phone: &Phone, now: Timestamp, change: impl Fn(&mut Tally)) {
        let at = Timestamp::from_micros(now.micros() / BUCKET_US * BUCKET_US);
        for key in keys_of(phone) {
            let recent = &mut self.histories.entry(key).or_default().recent;
            if recent.last().is_none_or(|(last, _)| *last != at) {
                recent.push((at, Tally::default()));
            }
            change(&mut recent.last_mut().expect("just pushed").1);
        }
    }
}

/// Plays so many requests of a pump, one a second; how many codes were sent.
fn pump(book: &mut Book, requests: u32, number: impl Fn(u32) -> String) -> u32 {
    let mut sent = 0;
    for n in 0..requests {
        let now = NOW.plus(i64::from(n) * SECOND);
        sent += u32::from(book.ask(&phone(&number(n)), now).action == Action::Allow);
    }
    sent
}

#[test]
fn pumping_is_stopped_within_fifty_codes() {
    let random = RefCell::new(StdRng::seed_from_u64(3));
    let below = |max: u32| random.borrow_mut().random_range(0..max);
    type Number<'a> = &'a dyn Fn(u32) -> String;
    let cases: [(&str, u32, Number<'_>); 4] = [
        ("one after another", 5, &|n| format!("+4915112{n:06}")),
        ("within a thousand", 20, &|_| format!("+4915112345{:03}", below(1_000))),
        ("within a hundred thousand", 40, &|_| format!("+49151123{:05}", below(100_000))),
        ("within ten million", 45, &|_| format!("+491511{:07}", below(10_000_000))),
    ];
    for (name, most, number) in cases {
        let sent = pump(&mut Book::default(), 2_000, number);
        assert!(sent <= most, "{name}: {sent} codes were sent");
    }
    // Spread over a known country: more, but it ends.
    let mut book = Book::default();
    book.knows(&phone("+4915112345678"));
    let sent = pump(&mut book, 3_000, |n| format!("+4915{}{:07}", n % 10, below(10_000_000)));
    assert!(sent <= 300, "{sent} codes were sent");
}

#[test]
fn honest_people_pass_while_a_pump_runs() {
    let mut book = Book::default();
    book.knows(&phone("+4917012345678"));
    let random = RefCell::new(StdRng::seed_from_u64(11));
    let (mut honest, mut passed, mut pumped) = (0, 0, 0);
    for second in 0..3_600 {
        let now = NOW.plus(second * SECOND);
        let bad = phone(&format!("+23276{:06}", random.borrow_mut().random_range(0..1_000_000)));
        pumped += u32::from(book.ask(&bad, now).action == Action::Allow);
        if second % 7 == 0 {
            let good = phone(&format!("+49170{:08}", random.borrow_mut().random_range(0..100_000_000)));
            honest += 1;
            if book.ask(&good, now).action == Action::Allow {
                passed += 1;
                if random.borrow_mut().random_range(0..10) < 8 {
                    book.use_code(&good, now.plus(20 * SECOND));
                }
            }
        }
    }
    assert_eq!(passed, honest, "of {honest} honest people {passed} passed");
    assert!(pumped < 50, "{pumped} pumped codes were sent");
}

#[test]
fn a_flood_of_people_who_use_their_codes_is_welcome() {
    let mut book = Book::default();
    let random = RefCell::new(StdRng::seed_from_u64(5));
    for n in 0..2_000_i64 {
        let now = NOW.plus(n * SECOND / 4);
        let good = phone(&format!("+1415{:07}", random.borrow_mut().random_range(2_000_000..9_999_999)));
        let assessment = book.ask(&good, now);
        assert_eq!(assessment.action, Action::Allow, "request {n}: {assessment:?}");
        if n % 10 < 7 {
            book.use_code(&good, now);
        }
    }
}

#[test]
fn each_rule_names_itself() {
    let unused = |started| History {
        recent: vec![(NOW, Tally { started, ..Tally::default() })],
        ..History::default()
    };
    let (none, some, many) = (History::default(), unused(12), unused(60));
    let calm = Picture { block: &none, range: &none, area: &none, country: &none, neighbours: 0, now: NOW };
    let mut known = unused(60);
    known.month = Tally { started: 1_000, approved: 700, refused: 0 };
    for (picture, rule, action) in [
        (Picture { neighbours: 6, ..calm }, "numbers.sequential", Action::Block),
        (Picture { block: &some, ..calm }, "prefix.concentration", Action::Challenge),
        (Picture { range: &some, ..calm }, "prefix.concentration", Action::Slow),
        (Picture { area: &many, ..calm }, "prefix.concentration", Action::Block),
        (Picture { country: &many, ..calm }, "country.new", Action::Challenge),
        (Picture { country: &known, ..calm }, "country.conversion_drop", Action::Challenge),
    ] {
        let assessment = assess(&picture);
        assert_eq!((assessment.action, assessment.reasons[0].rule), (action, rule));
    }
    assert_eq!(assess(&calm), Assessment { action: Action::Allow, reasons: Vec::new() });
    let mut old = unused(60);
    old.recent[0].0 = NOW.plus(-DAY);
    assert_eq!(assess(&Picture { area: &old, ..calm }).action, Action::Allow, "yesterday is over");
}
