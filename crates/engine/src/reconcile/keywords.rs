//! Words with which a person opts out of marketing, or in again, by writing to us.

use serde_json::json;

use tidings_domain::consent::Source;
use tidings_domain::consent::keywords::{OwnWords, Reading, read, tapped};
use tidings_domain::event::{Kind, Subject};
use tidings_domain::fact::Inbound;
use tidings_domain::id::{Id, InboundId};
use tidings_store::model::About;

use super::effects::Effects;

/// What a message that came in says about consent, if anything.
pub(super) fn apply(effects: &mut Effects<'_>, inbound: &Inbound, id: InboundId, own: &OwnWords) {
    let at = inbound.at.min(effects.now);
    let about = |word: &str| About {
        source_detail: Some(word.to_owned()),
        evidence: Some(json!({"inbound": id, "text": inbound.text}).to_string()),
        ..About::default()
    };
    match meaning(inbound, own) {
        Reading::None => {}
        Reading::Stop { word, ambiguous } if !(ambiguous && inbound.context.is_some()) => {
            effects.state(&inbound.from, false, Source::Keyword, &about(&word), at);
        }
        // In answer to a message of ours an ambiguous word may be about an order.
        Reading::Stop { word, .. } | Reading::PossibleStop { word } => {
            effects.event(Kind::OptOutPossible, Subject(id.bytes()), json!({"word": word}));
        }
        Reading::Start { word } => effects.state(&inbound.from, true, Source::Keyword, &about(&word), at),
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
