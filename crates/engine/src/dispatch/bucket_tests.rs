use proptest::prelude::*;

use super::*;

proptest! {
    /// In every window W at most rate × W + burst tokens go out, whatever the pattern of taking.
    #[test]
    fn no_window_exceeds_rate_and_burst(
        rate in 1.0f64..2_000.0,
        burst in 1.0f64..60.0,
        steps in prop::collection::vec((0i64..40_000, 1usize..10), 1..60),
    ) {
        let mut bucket = Bucket::new(rate, burst, 0);
        let mut now = 0;
        let mut taken: Vec<i64> = Vec::new();
        for (step, tries) in steps {
            now += step;
            for _ in 0..tries {
                if bucket.take(now) {
                    taken.push(now);
                }
            }
        }
        for (index, from) in taken.iter().enumerate() {
            for (count, to) in taken[index..].iter().enumerate() {
                let window_s = (to - from) as f64 / 1e6;
                prop_assert!((count + 1) as f64 <= rate * window_s + burst + 1.0 + 1e-3);
            }
        }
    }

    #[test]
    fn waiting_as_told_yields_the_tokens(rate in 0.5f64..1_000.0, burst in 1.0f64..50.0, want in 1usize..50) {
        let mut bucket = Bucket::new(rate, burst, 0);
        while bucket.take(0) {}
        let at = bucket.wait_us(want, 0) + 1;
        prop_assert!(bucket.available(at) >= want.min(burst.floor() as usize));
    }
}

#[test]
fn a_new_bucket_has_one_token_only() {
    let mut bucket = Bucket::new(100.0, 5.0, 1_000_000);
    assert!(bucket.take(1_000_000));
    assert!(!bucket.take(1_000_000));
    assert_eq!(bucket.available(1_000_000 + 50_000), 5);
}

#[test]
fn slowing_and_recovering_keep_the_debt() {
    let mut bucket = Bucket::new(10.0, 1.0, 0);
    assert!(bucket.take(0));
    bucket.set_factor(0.5, 0);
    assert_eq!(bucket.wait_us(1, 0), 200_000);
    bucket.set_factor(1.0, 100_000);
    assert_eq!(bucket.wait_us(1, 100_000), 50_000);
    bucket.refund();
    assert!(bucket.take(100_000));
}
