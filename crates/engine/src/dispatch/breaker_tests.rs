use super::*;

fn silent(breaker: &mut Breaker, times: u32, now_us: i64) -> bool {
    (0..times).fold(false, |changed, _| breaker.hear(Reach::Silent, now_us) || changed)
}

#[test]
fn a_row_of_silence_opens_it_and_one_answer_closes_it() {
    let mut breaker = Breaker::default();
    assert!(!silent(&mut breaker, SILENT_MAX - 1, 0));
    assert!(!breaker.hear(Reach::Answered, 0), "it was closed");
    assert!(!silent(&mut breaker, SILENT_MAX - 1, 0), "an answer begins the row anew");
    assert!(silent(&mut breaker, 1, 0) && breaker.detail().is_some());
    assert!(breaker.hear(Reach::Answered, 1) && breaker.pace().is_none() && breaker.detail().is_none());
}

#[test]
fn probes_are_at_most_one_a_second_and_become_rarer() {
    let mut breaker = Breaker::default();
    silent(&mut breaker, 500, 0);
    let mut probes = Vec::new();
    for ms in 0..600_000 {
        let now_us = ms * 1_000;
        if breaker.pace().is_some_and(|pace| pace.take(now_us)) {
            probes.push(now_us);
            breaker.hear(Reach::Silent, now_us);
        }
    }
    let waits: Vec<i64> = probes.windows(2).map(|pair| (pair[1] - pair[0]) / SECOND).collect();
    assert_eq!(probes[0], SECOND);
    assert_eq!(waits[..5], [2, 4, 8, 15, 15]);
    assert!(waits.iter().all(|wait| *wait <= 15));
}

#[test]
fn what_comes_back_late_does_not_make_probes_rarer() {
    let mut breaker = Breaker::default();
    silent(&mut breaker, 500, 0);
    silent(&mut breaker, 500, SECOND / 2);
    assert_eq!(breaker.pace().expect("open").wait_us(1, SECOND / 2), SECOND / 2);
}

#[test]
fn a_refusal_is_an_answer_and_a_failing_server_is_none() {
    let doubt = |code| AttemptResult::InDoubt { reason: "server_failure", code };
    for (result, reach) in [
        (AttemptResult::Accepted { provider_id: "w".to_owned(), held: false }, Reach::Answered),
        (AttemptResult::Failed { code: 131_026 }, Reach::Answered),
        (AttemptResult::Failed { code: NOT_SENT }, Reach::Silent),
        (doubt(Some(2)), Reach::Silent),
        (doubt(Some(-503)), Reach::Silent),
        (doubt(Some(-429)), Reach::Answered),
        (doubt(None), Reach::Silent),
    ] {
        assert_eq!(Reach::of(&result), reach, "{result:?}");
    }
}
