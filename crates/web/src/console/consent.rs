//! Consent: what waits for a decision, imports, topics, forms, words and the preference centre.

mod forms;
mod imports;
mod reviews;
mod topics;
mod upload;
mod words;

pub use forms::{close, make as make_form, one as form, show as forms};
pub use imports::{one as import, refused, show as imports};
pub use reviews::{confirm, dismiss, show as reviews};
pub use topics::{archive, put as put_topic, show as topics};
pub use upload::take as upload;
pub use words::{save as save_words, show as words};

use serde::Deserialize;

/// What a page was led to by.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
    #[serde(default)]
    cursor: String,
}

impl Done {
    fn cursor(&self) -> Option<&str> {
        Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty())
    }
}
