//! The little arithmetic there is.

use hdrhistogram::Histogram;

use crate::limits::LATENCY_MAX_US;

/// The median, `None` of nothing. Of an even number, the mean of the two in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted[sorted.len() / 2 - 1] + upper) / 2.0)
}

/// Latencies in microseconds, to three digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).expect("the bounds are in order")
}

/// A quantile of microseconds, in milliseconds.
pub fn quantile_ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        for (values, expected) in [
            (&[][..], None),
            (&[3.0][..], Some(3.0)),
            (&[3.0, 1.0], Some(2.0)),
            (&[9.0, 1.0, 2.0], Some(2.0)),
            (&[4.0, 1.0, 2.0, 3.0], Some(2.5)),
        ] {
            assert_eq!(median(values), expected, "{values:?}");
        }
    }

    #[test]
    fn quantiles_in_milliseconds() {
        let mut values = histogram();
        for i in 1..=100 {
            values.saturating_record(i * 1_000);
        }
        assert!((quantile_ms(&values, 0.5) - 50.0).abs() < 0.1);
        assert!((quantile_ms(&values, 0.99) - 99.0).abs() < 0.1);
        values.saturating_record(u64::MAX);
        assert!(quantile_ms(&values, 1.0) >= 59_000.0, "too large is counted as the largest");
    }
}
