//! From a logical template to what is sent: language, variant, version, or what stands in for them. Each choice
//! that was not the plain one becomes a decision of the message.

use std::borrow::Cow;

use serde_json::{Value, json};
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::outgoing::Outgoing;
use tidings_domain::template::{
    ParameterValues, Variant, VersionState, complete, language_chain, variant_of,
};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp;
use tidings_store::model::{Hash16, LiveVersion, LogicalTemplate, StoredTemplate};

use crate::catalog::{Snapshot, is_sendable};
use crate::error::{EngineError, Result};
use crate::templates::arranged;

/// Version of this way of choosing, as the decisions name it.
const VERSION: u32 = 1;
const FIELD: &str = "template.variables";

/// For whom a template is chosen.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub language: &'a str,
    pub country: Option<&'a str>,
    pub recipient: Hash16,
    pub at: Timestamp,
}

/// What goes out, the template behind it, and why.
pub(super) struct Chosen<'a> {
    pub outgoing: Outgoing,
    pub template: Option<&'a StoredTemplate>,
    pub decisions: Vec<Decision>,
}

/// One version of a logical template with its row of the platform's list.
#[derive(Clone, Copy)]
struct Pick<'a> {
    live: &'a LiveVersion,
    known: &'a StoredTemplate,
    arms: usize,
}

pub(super) fn choose<'a>(
    snapshot: &'a Snapshot,
    logical: &'a LogicalTemplate,
    variables: &Value,
    reader: Reader<'_>,
) -> Result<Chosen<'a>> {
    let mut decisions = Vec::new();
    let declared = &logical.settings.variables;
    let values = match declared.is_empty() {
        true => None,
        false => Some(complete(declared, variables, FIELD).map_err(EngineError::Invalid)?),
    };
    let Some(mut picked) = pick(snapshot, logical, reader) else {
        return fall_back(logical, values, reader);
    };
    let mut from = logical;
    let mut given = values.as_ref().map_or_else(|| variables.clone(), |values| Value::Object(values.clone()));
    if let Some(why) = stopped(snapshot, picked.known, reader.at)
        && let Some((other, pick, filled)) = stand_in(snapshot, logical, &given, reader)
    {
        decisions.push(note(
            "template.substituted",
            "The template cannot be sent now; its substitute goes instead.",
            json!({"template": logical.name, "substitute": other.name, "because": why}),
        ));
        (from, picked, given) = (other, pick, filled);
    }
    explain(&mut decisions, from, picked, reader);
    let definition = &picked.known.definition;
    let variables = match (from.settings.variables.is_empty(), &given) {
        (false, Value::Object(values)) => arranged(definition, &from.settings.variables, values),
        _ => given,
    };
    let filled = whatsapp::fill_template(definition, &variables).map_err(EngineError::Invalid)?;
    Ok(Chosen {
        outgoing: whatsapp::Outgoing::from_template(filled).into(),
        template: Some(picked.known),
        decisions,
    })
}

/// The first language of the chain that has a version at the platform; within it the recipient's arm.
fn pick<'a>(snapshot: &'a Snapshot, logical: &LogicalTemplate, reader: Reader<'_>) -> Option<Pick<'a>> {
    let rules = snapshot.template_rules();
    let default = logical.settings.default_language.as_deref().or(rules.default_language.as_deref());
    let chain = language_chain(reader.language, &rules.language_fallbacks, default);
    let live = snapshot.live_versions(logical.id);
    let arms = logical.settings.arms();
    chain.iter().find_map(|language| {
        let here = |variant: &Variant| version(snapshot, logical, live, language, variant);
        let open: Vec<Variant> = arms.iter().filter(|arm| here(arm).is_some()).cloned().collect();
        let arm = variant_of(&open, &logical.name, &reader.recipient.0)?;
        let (live, known) = here(arm)?;
        Some(Pick { live, known, arms: arms.len() })
    })
}

/// The pinned version, else the newest that goes out, else the newest that is stopped.
fn version<'a>(
    snapshot: &'a Snapshot,
    logical: &LogicalTemplate,
    live: &'a [LiveVersion],
    language: &str,
    variant: &Variant,
) -> Option<(&'a LiveVersion, &'a StoredTemplate)> {
    let pinned = variant.pinned.iter().find(|pin| pin.language == language).map(|pin| pin.version);
    let all = live
        .iter()
        .filter(|each| each.language == language && each.variant == variant.name)
        .filter_map(|each| Some((each, snapshot.template(logical.account, &each.provider_name, language)?)));
    let mut all: Vec<_> = all.collect();
    // Rows come newest first; the order is kept among equals.
    all.sort_by_key(|(each, known)| {
        let sendable = each.state == VersionState::Approved && is_sendable(&known.status);
        (Some(each.n) != pinned, !sendable)
    });
    all.first().copied()
}

/// Why a template does not go out now, if it does not.
fn stopped(snapshot: &Snapshot, known: &StoredTemplate, at: Timestamp) -> Option<String> {
    if !is_sendable(&known.status) {
        return Some(known.status.to_lowercase());
    }
    let category = known.category?;
    let name = Some(known.definition.name.as_str());
    snapshot.template_pause(name, category, at).map(|_| "held".to_owned())
}

fn stand_in<'a>(
    snapshot: &'a Snapshot,
    logical: &LogicalTemplate,
    given: &Value,
    reader: Reader<'_>,
) -> Option<(&'a LogicalTemplate, Pick<'a>, Value)> {
    if !snapshot.template_rules().switch_to_substitute {
        return None;
    }
    let other = snapshot.logical_template(logical.account, logical.settings.substitute.as_deref()?)?;
    let picked = pick(snapshot, other, reader)?;
    // A substitute that would change what the message is, or cannot go either, is none.
    if stopped(snapshot, picked.known, reader.at).is_some() || other.category != logical.category {
        return None;
    }
    let declared = &other.settings.variables;
    let filled = if declared.is_empty() {
        given.clone()
    } else {
        let wanted: ParameterValues = match given {
            Value::Object(values) => values
                .iter()
                .filter(|(name, _)| declared.iter().any(|variable| variable.name == **name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            _ => return None,
        };
        Value::Object(complete(declared, &Value::Object(wanted), FIELD).ok()?)
    };
    Some((other, picked, filled))
}

fn explain(decisions: &mut Vec<Decision>, logical: &LogicalTemplate, picked: Pick<'_>, reader: Reader<'_>) {
    let live = picked.live;
    if live.language != reader.language {
        decisions.push(note(
            "template.language_fallback",
            "There is no approved text in the language asked for; the next of the chain is used.",
            json!({"template": logical.name, "wanted": reader.language, "used": live.language}),
        ));
    }
    if picked.arms > 1 || live.n > 1 {
        decisions.push(note(
            "template.variant",
            "This recipient always gets this variant.",
            json!({"template": logical.name, "variant": live.variant, "version": live.n}),
        ));
    }
}

/// Plain text where no localization can be had.
fn fall_back<'a>(
    logical: &LogicalTemplate,
    values: Option<ParameterValues>,
    reader: Reader<'_>,
) -> Result<Chosen<'a>> {
    let Some(fallback) = logical.settings.fallback_text(reader.language, reader.country) else {
        return Err(EngineError::invalid(
            "template.language",
            "template.no_localization",
            "The template has no approved text in this language, in one of its fallbacks or in the default.",
        ));
    };
    let mut text = fallback.text.clone();
    for (name, value) in values.into_iter().flatten() {
        let words = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text = text.replace(&format!("{{{{{name}}}}}"), &words);
    }
    let outgoing = whatsapp::Outgoing::text(&text, false);
    outgoing.validate().map_err(EngineError::Invalid)?;
    let decision = note(
        "template.fallback_text",
        "There is no approved text in any language of the chain; the plain text of the template is used.",
        json!({"template": logical.name, "wanted": reader.language, "language": fallback.language,
            "region": fallback.region}),
    );
    Ok(Chosen { outgoing: outgoing.into(), template: None, decisions: vec![decision] })
}

fn note(rule: &'static str, reason: &str, inputs: Value) -> Decision {
    let inputs = match inputs {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    Decision {
        shadow: false,
        rule: Cow::Borrowed(rule),
        version: VERSION,
        verdict: Verdict::Allow,
        reason: reason.to_owned(),
        inputs,
    }
}
