//! What the pages show, as plain text and numbers: made from the reports that the API gives, and
//! rendered by the templates. Nothing here asks the engine.

pub mod catalogue;
pub mod chart;
pub mod codes;
pub mod consent;
pub mod frame;
pub mod pages;
pub mod people;
pub mod text;

pub use chart::Chart;
pub use frame::{Choice, Frame, Section};
pub use text::{Badge, When, shorten, words};
