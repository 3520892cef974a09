//! What may be sent when, as pure rules over data: places and their time zones, packs of hours by country, the
//! settings of a tenant. The engine asks them about a message; nothing here knows one.

mod content;
mod hours;
mod packs;
mod place;
mod settings;
#[cfg(test)]
mod tests;
mod upcoming;

pub use content::{Action, ContentKind, ContentRules, Find, find};
pub use hours::{Opening, Span, Wall, Week, WeekText};
pub use packs::{Hours, Pack, Status, pack_of, packs};
pub use place::{Area, Place, Zone};
pub use settings::{Cap, CountryHours, Gate, MessagingLimit, QuietHours, Settings, tier_recipients};
pub use upcoming::{Announced, AnnouncedChange, CountryRule, DatedRule, upcoming};
