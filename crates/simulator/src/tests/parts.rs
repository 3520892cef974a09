//! The small parts, each against a plainer model of itself.

use crate::Tier;
use crate::dice::Dice;
use crate::json;
use crate::pace::{Reach, Room, Throughput, take_pair};
use crate::queue::{Queue, What};

const SECOND: i64 = 1_000_000;

#[test]
fn no_second_holds_more_than_twice_the_rate_and_no_minute_more_than_its_share() {
    for mps in [1.0, 20.0, 80.0, 1000.0] {
        let (mut dice, mut bucket, mut now, mut taken) = (Dice::new(5), Throughput::new(mps), 0, Vec::new());
        while now < 60 * SECOND {
            now += dice.between((0, (SECOND as f64 / mps) as i64));
            if bucket.take(now) == Room::Fits {
                taken.push(now);
            }
        }
        let most = |window: i64| {
            taken
                .iter()
                .enumerate()
                .map(|(i, &at)| taken[i..].iter().take_while(|&&t| t < at + window).count())
                .max()
        };
        assert!(most(SECOND).unwrap() as f64 <= 2.05 * mps + 1.0, "{mps}");
        assert!(
            taken.len() as f64 <= 61.05 * mps + 1.0 && (mps < 20.0 || taken.len() as f64 >= 59.0 * mps),
            "{mps}: {}",
            taken.len()
        );
    }
}

#[test]
fn room_tells_whose_doing_it_is() {
    let mut bucket = Throughput::new(10.0);
    (0..10).for_each(|_| bucket.charge(0));
    assert!(bucket.take(0) == Room::Full);
    let mut bucket = Throughput::new(10.0);
    assert!((0..10).all(|_| bucket.take(0) == Room::Fits));
    assert!(bucket.take(0) == Room::Exceeded);
    assert!(bucket.take(SECOND) == Room::Fits);
    assert!((0..10_000).all(|_| Throughput::new(0.0).take(0) == Room::Fits));
}

#[test]
fn a_pair_pays_back() {
    let (mut debt, mut sent) = (0, 0);
    for second in 0..3600 {
        while take_pair(&mut debt, second * SECOND) {
            sent += 1;
        }
    }
    assert_eq!(sent, 45 + 3599 / 6, "a burst of 45, then one every six seconds");
}

#[test]
fn reach_counts_different_people_of_a_day() {
    let (mut reach, tier) = (Reach::default(), Tier::Limit(3));
    let hour = 3600 * SECOND;
    let steps = [
        (0, 1, true),
        (1, 2, true),
        (2, 1, true),
        (3, 3, true),
        (4, 4, false),
        (25, 4, true),
        (25, 5, false),
        (26, 5, true),
    ];
    for (at, person, allowed) in steps {
        assert_eq!(reach.take(tier, person, at * hour), allowed, "person {person} at {at} h");
    }
    assert!((0..1000).all(|person| reach.take(Tier::Unlimited, person, 0)));
}

#[test]
fn events_come_in_order_of_time_then_of_planning() {
    let mut queue = Queue::default();
    for (at, id) in [(5, 1), (3, 2), (5, 3), (3, 4), (9, 5)] {
        queue.plan(at, What::Body(id));
    }
    let mut order = Vec::new();
    while let Some((at, What::Body(id))) = queue.pop_due(5) {
        order.push((at, id));
    }
    assert_eq!(order, [(3, 2), (3, 4), (5, 1), (5, 3)]);
    assert_eq!(queue.next_us(), Some(9));
}

#[test]
fn strings_survive_and_are_ascii() {
    for text in
        ["", "plain", "a/b\\c\"d", "tab\tnew\nline\u{0}\u{1f}\u{7f}", "Grüße", "日本語", "👩‍👩‍👧", "\u{10ffff}"]
    {
        let mut out = String::new();
        json::string(&mut out, text);
        assert!(out.is_ascii(), "{out}");
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        let whole = json::ascii(&serde_json::to_string(text).unwrap());
        assert!(whole.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&whole).unwrap(), text);
    }
}

#[test]
fn dice_are_fair_enough_and_repeatable() {
    let mut dice = Dice::new(1);
    let hits = (0..10_000).filter(|_| dice.chance(0.3)).count();
    assert!((2800..3200).contains(&hits), "{hits}");
    let mut times: Vec<i64> = (0..1001).map(|_| dice.around_ms(100.0)).collect();
    times.sort_unstable();
    assert!(times[0] >= 25_000 && times[1000] <= 400_000);
    assert!((90_000..110_000).contains(&times[500]), "the median is the median: {}", times[500]);
    assert_eq!((dice.around_ms(0.0), dice.chance(0.0), dice.chance(1.0)), (0, false, true));
    let row = |seed| (0..5).map(|_| 0).scan(Dice::new(seed), |dice, _| Some(dice.unit())).collect::<Vec<_>>();
    assert_eq!(row(3), row(3));
    assert_ne!(row(3), row(4));
}
