//! What a message that came in says about consent: words that opt out or in again, and codes of forms.

use serde_json::json;

use tidings_domain::category::Category;
use tidings_domain::consent::keywords::{OwnWords, Reading, read, tapped};
use tidings_domain::consent::{Basis, Form, Source, code_in};
use tidings_domain::fact::Inbound;
use tidings_domain::id::InboundId;
use tidings_store::model::About;

use super::effects::{Effects, Said};
use crate::catalog::Snapshot;

/// What a message says about opting out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    OptOut,
    /// Perhaps, by this word: people decide.
    Possible(String),
}

impl Heard {
    pub fn possible(self) -> Option<String> {
        match self {
            Self::Possible(word) => Some(word),
            Self::Nothing | Self::OptOut => None,
        }
    }
}

/// Applies what the message says, if it says anything for certain.
pub(super) fn apply(
    effects: &mut Effects<'_>,
    inbound: &Inbound,
    id: InboundId,
    snapshot: &Snapshot,
) -> Heard {
    let at = inbound.at.min(effects.now);
    if let Some(form) = inbound.text.as_deref().and_then(|text| code_in(text, &snapshot.consent.forms))
        && !form.closed
    {
        join(effects, inbound, (id, form), snapshot);
        return Heard::Nothing;
    }
    let about = |word: &str| About {
        source_detail: Some(word.to_owned()),
        evidence: Some(json!({"inbound": id, "text": inbound.text}).to_string()),
        ..About::default()
    };
    let mut state = |granted: bool, word: &str| {
        let purpose = Category::Marketing.into();
        let said = Said { purpose, granted, source: Source::Keyword, about: about(word), at };
        effects.state(&inbound.from, &said);
    };
    match meaning(inbound, &snapshot.own_words) {
        Reading::None => {}
        Reading::Stop { word, ambiguous } if !(ambiguous && inbound.context.is_some()) => {
            state(false, &word);
            return Heard::OptOut;
        }
        // In answer to a message of ours an ambiguous word may be about an order.
        Reading::Stop { word, .. } | Reading::PossibleStop { word } => {
            return Heard::Possible(word);
        }
        Reading::Start { word } => state(true, &word),
    }
    Heard::Nothing
}

/// The code of a poster: the person agrees to its words from their own number.
fn join(effects: &mut Effects<'_>, inbound: &Inbound, (id, form): (InboundId, &Form), snapshot: &Snapshot) {
    let about = About {
        source_detail: Some(form.code()),
        basis: Some(Basis::Consent),
        proof: form.proof(None),
        evidence: Some(json!({"inbound": id, "text": inbound.text}).to_string()),
    };
    for purpose in form.definition.purposes.iter().filter_map(|text| snapshot.purpose(text)) {
        let at = inbound.at.min(effects.now);
        let said = Said { purpose, granted: true, source: Source::PointOfSale, about: about.clone(), at };
        effects.state(&inbound.from, &said);
    }
}

/// The words as they were typed or shown on the button; else what stands behind the button.
fn meaning(inbound: &Inbound, own: &OwnWords) -> Reading {
    let said = inbound.text.as_deref().map_or(Reading::None, |text| read(text, own));
    if said != Reading::None {
        return said;
    }
    match tapped(inbound.object.get()) {
        // Ids are ours: one that reads like a stop among other words is a name, and no wish.
        Some(id) => match read(&id, own) {
            Reading::PossibleStop { .. } => Reading::None,
            certain => certain,
        },
        None => Reading::None,
    }
}
