//! The page of one-time passwords.

use askama::Template;

use super::{Badge, Frame};

#[derive(Template)]
#[template(path = "codes.html")]
pub struct CodesPage {
    pub frame: Frame,
    pub hours: u32,
    pub started: String,
    pub approved: String,
    pub share: String,
    pub sends: String,
    /// The value at the upper edge of the chart.
    pub top: String,
    pub asked_bars: String,
    pub used_bars: String,
    /// The picture in words.
    pub words: String,
    pub countries: Vec<CountryRow>,
    pub guard: Badge,
    pub windows: Vec<WindowRow>,
}

pub struct CountryRow {
    pub country: String,
    pub started: String,
    pub approved: String,
    pub share: String,
    /// Of a hundred.
    pub used_width: u64,
}

pub struct WindowRow {
    pub scope: String,
    pub max: String,
    pub within: String,
}
