//! What another category would cost. Examples of the platform's list rates; a tenant's own rates may differ.

use serde::Serialize;

use crate::category::Category;

/// From when the rates below are.
pub const RATES_AS_OF: &str = "2026-10-01";

/// US dollars per delivered message: market, utility and authentication, marketing.
const RATES: [(&str, f64, Option<f64>); 5] = [
    ("IN", 0.0014, Some(0.0118)),
    ("BR", 0.0068, Some(0.0625)),
    ("MX", 0.0085, Some(0.0397)),
    ("CO", 0.0008, None),
    ("AR", 0.0260, None),
];

/// The price of one market before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MarketRate {
    pub market: &'static str,
    pub currency: &'static str,
    pub before: f64,
    pub after: f64,
    /// How many times the old price.
    pub times: f64,
}

/// What moving from one category to another does to the price, in the markets of which both rates are known.
pub fn implied(from: Category, to: Category) -> Vec<MarketRate> {
    let of = |category: Category, low: f64, high: Option<f64>| match category {
        Category::Marketing => high,
        _ => Some(low),
    };
    RATES
        .iter()
        .filter_map(|(market, low, high)| {
            let (before, after) = (of(from, *low, *high)?, of(to, *low, *high)?);
            let times = (after / before * 10.0).round() / 10.0;
            Some(MarketRate { market, currency: "USD", before, after, times })
        })
        .filter(|rate| rate.before != rate.after)
        .collect()
}
