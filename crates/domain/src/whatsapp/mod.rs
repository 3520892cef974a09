//! The messages of the Cloud API: what a client may write, what the platform would refuse of it, and the
//! body that leaves; the catalogue of templates, and the short form that fills one.
//!
//! A message keeps the client's own JSON beside the typed reading of it. The types serve the checks; what
//! leaves is the JSON, so fields and kinds that do not exist yet pass through untouched.

mod catalogue;
mod check;
mod content;
mod files;
mod interactive;
pub mod limits;
pub mod lint;
mod outgoing;
mod simple;
mod template;
#[cfg(test)]
mod tests;
mod words;

pub use catalogue::{
    ButtonDefinition, ButtonNeed, CardDefinition, ComponentDefinition, HeaderNeed, OfferDefinition,
    ParameterFormat, Parameters, TemplateDefinition,
};
pub use content::{ContactCard, ContactName, Content, Degrees, Location, Media, Reaction, Text};
pub use files::check_file;
pub use interactive::{
    Action, Card, Header, Interactive, ProductItem, Reply, ReplyButton, Row, Section, Wording,
};
pub use outgoing::{Outgoing, Recipient};
pub use simple::fill_template;
pub use template::{Component, Language, Parameter, Template, TemplateCard};
pub use words::plain_words;
