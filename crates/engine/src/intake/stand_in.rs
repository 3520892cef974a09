//! The substitute of a template that cannot be sent: when a message is taken in, and again for one that already
//! waits when it is about to be claimed.

use serde_json::Value;
use tidings_domain::decision::Decision;
use tidings_domain::template::{ParameterValues, complete};
use tidings_domain::time::Timestamp;
use tidings_store::model::{DueItem, LogicalTemplate, StoredTemplate};

use super::choose::{FIELD, Pick, Reader, closed_flag, pick, render, substituted};
use crate::catalog::{Snapshot, is_sendable};
use crate::content::Content;

/// Another template with the values that it takes.
pub(super) struct Substitute<'a> {
    pub logical: &'a LogicalTemplate,
    pub pick: Pick<'a>,
    pub values: Value,
}

/// Why a template does not go out now, if it does not.
pub(super) fn stopped(snapshot: &Snapshot, known: &StoredTemplate, at: Timestamp) -> Option<String> {
    if !is_sendable(&known.status) {
        return Some(known.status.to_lowercase());
    }
    let category = known.category?;
    let name = Some(known.definition.name.as_str());
    snapshot.template_pause(name, category, at).map(|_| "held".to_owned())
}

pub(super) fn stand_in<'a>(
    snapshot: &'a Snapshot,
    logical: &LogicalTemplate,
    given: &Value,
    reader: Reader<'_>,
) -> Option<Substitute<'a>> {
    let (other, pick) = able(snapshot, logical, reader)?;
    Some(Substitute { logical: other, pick, values: values_for(other, given)? })
}

/// The substitute, if the tenant allows it and it can be sent itself.
fn able<'a>(
    snapshot: &'a Snapshot,
    logical: &LogicalTemplate,
    reader: Reader<'_>,
) -> Option<(&'a LogicalTemplate, Pick<'a>)> {
    if !snapshot.template_rules().switch_to_substitute {
        return None;
    }
    let other = snapshot.logical_template(logical.account, logical.settings.substitute.as_deref()?)?;
    // A substitute that would change what the message is, or cannot go either, is none.
    if other.category != logical.category || closed_flag(snapshot, other).is_some() {
        return None;
    }
    let pick = pick(snapshot, other, reader)?;
    stopped(snapshot, pick.known, reader.at).is_none().then_some((other, pick))
}

/// Those of the values that the substitute declares, completed by its own fallbacks.
fn values_for(other: &LogicalTemplate, given: &Value) -> Option<Value> {
    let declared = &other.settings.variables;
    if declared.is_empty() {
        return Some(given.clone());
    }
    let wanted: ParameterValues = match given {
        Value::Object(values) => values
            .iter()
            .filter(|(name, _)| declared.iter().any(|variable| variable.name == **name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        Value::Null => ParameterValues::new(),
        _ => return None,
    };
    Some(Value::Object(complete(declared, &Value::Object(wanted), FIELD).ok()?))
}

/// What could go in place of a message that waits and whose template is stopped.
pub(crate) struct Replacement<'a> {
    held: &'a LogicalTemplate,
    other: &'a LogicalTemplate,
    pick: Pick<'a>,
    because: String,
}

/// Nothing for a template that goes out, that has no substitute, or that is not one of the catalogue.
pub(crate) fn replacement<'a>(
    snapshot: &'a Snapshot,
    item: &DueItem,
    at: Timestamp,
) -> Option<Replacement<'a>> {
    if !snapshot.has_substitutes() {
        return None;
    }
    let (name, language) = (item.template.as_deref()?, item.language.as_deref()?);
    let because = stopped(snapshot, snapshot.template(item.account, name, language)?, at)?;
    let held = snapshot.owner_of(item.account, name)?;
    let reader = Reader { language, country: None, recipient: item.recipient, at };
    let (other, pick) = able(snapshot, held, reader)?;
    // The lane and the priority of a message are those of its category.
    (pick.known.category == Some(item.category)).then_some(Replacement { held, other, pick, because })
}

impl<'a> Replacement<'a> {
    pub(crate) fn known(&self) -> &'a StoredTemplate {
        self.pick.known
    }

    /// The same message with the substitute's words, and the decision; nothing if its values do not fit there.
    pub(crate) fn fill(&self, mut content: Content) -> Option<(Content, Decision)> {
        let values = values_for(self.other, content.values.as_ref()?)?;
        content.message = render(self.other, self.pick, &values).ok()?;
        content.values = Some(values);
        Some((content, substituted(self.held, self.other, self.pick, &self.because)))
    }
}
