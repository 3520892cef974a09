//! From a logical template to what is sent: language, variant, version, or what stands in for them. Each choice
//! that was not the plain one becomes a decision of the message.

use std::borrow::Cow;

use serde_json::{Value, json};
use tidings_domain::decision::{Decision, Verdict};
use tidings_domain::outgoing::Outgoing;
use tidings_domain::policy::Gate;
use tidings_domain::template::{
    ParameterValues, Variant, VersionState, complete, language_chain, variant_of,
};
use tidings_domain::time::Timestamp;
use tidings_domain::whatsapp;
use tidings_store::model::{Hash16, LiveVersion, LogicalTemplate, StoredTemplate};

use crate::catalog::{Snapshot, is_sendable};
use crate::error::{EngineError, Result};
use crate::intake::stand_in::{Substitute, stand_in, stopped};
use crate::templates::arranged;

/// Version of this way of choosing, as the decisions name it.
const VERSION: u32 = 1;
pub(super) const FIELD: &str = "template.variables";

/// For whom a template is chosen.
#[derive(Debug, Clone, Copy)]
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
    /// For the timeline.
    pub decisions: Vec<Decision>,
    /// For policy, which weighs them with its own.
    pub ruled: Vec<Decision>,
    /// Of a template of the catalogue: by which a substitute can be filled later.
    pub values: Option<Value>,
}

impl<'a> Chosen<'a> {
    /// As the intent has it.
    pub fn plain(outgoing: impl Into<Outgoing>, template: Option<&'a StoredTemplate>) -> Self {
        let (decisions, ruled) = (Vec::new(), Vec::new());
        Self { outgoing: outgoing.into(), template, decisions, ruled, values: None }
    }
}

/// One version of a logical template with its row of the platform's list.
#[derive(Clone, Copy)]
pub(super) struct Pick<'a> {
    pub live: &'a LiveVersion,
    pub known: &'a StoredTemplate,
    arms: usize,
    /// The arm that the recipient would get if its flag were on.
    behind_flag: Option<&'a Variant>,
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
    let mut ruled = Vec::new();
    let mut given = values.as_ref().map_or_else(|| variables.clone(), |values| Value::Object(values.clone()));
    let closed = closed_flag(snapshot, logical);
    let stopped = match closed {
        Some(_) => Some("behind_flag".to_owned()),
        None => stopped(snapshot, picked.known, reader.at),
    };
    if let Some(flag) = closed {
        decisions.push(behind_flag(logical, picked, flag));
    }
    if let Some(why) = stopped {
        match stand_in(snapshot, logical, &given, reader) {
            Some(Substitute { logical: other, pick, values: filled }) => {
                decisions.push(substituted(logical, other, pick, &why));
                (from, picked, given) = (other, pick, filled);
            }
            None => ruled.extend(closed.map(|flag| no_way_around(logical, flag))),
        }
    }
    explain(&mut decisions, from, picked, reader);
    let outgoing = render(from, picked, &given)?;
    let template = Some(picked.known);
    Ok(Chosen { outgoing, template, decisions, ruled, values: Some(given) })
}

/// A version filled with completed values.
pub(super) fn render(logical: &LogicalTemplate, pick: Pick<'_>, values: &Value) -> Result<Outgoing> {
    let definition = &pick.known.definition;
    let filled = match (logical.settings.variables.is_empty(), values) {
        (false, Value::Object(named)) => {
            let variables = arranged(definition, &logical.settings.variables, named);
            whatsapp::fill_template(definition, &variables)
        }
        _ => whatsapp::fill_template(definition, values),
    };
    Ok(whatsapp::Outgoing::from_template(filled.map_err(EngineError::Invalid)?).into())
}

/// The flag that keeps the whole template back, if one does.
pub(super) fn closed_flag<'a>(snapshot: &Snapshot, logical: &'a LogicalTemplate) -> Option<&'a str> {
    let flag = logical.settings.flag.as_deref();
    flag.filter(|_| snapshot.policy.settings.gate(flag) == Gate::Shadow)
}

fn behind_flag(logical: &LogicalTemplate, pick: Pick<'_>, flag: &str) -> Decision {
    let live = pick.live;
    let inputs = json!({"template": logical.name, "flag": flag, "language": live.language,
        "variant": live.variant, "version": live.n});
    let reason = "The template's flag is off: this is what would have been sent.";
    Decision { shadow: true, ..note("template.behind_flag", reason, inputs) }
}

fn no_way_around(logical: &LogicalTemplate, flag: &str) -> Decision {
    let reason = "The template's flag is off, and no substitute of it can be sent.";
    let inputs = json!({"template": logical.name, "flag": flag});
    Decision { verdict: Verdict::Deny, ..note("template.flag_off", reason, inputs) }
}

pub(super) fn substituted(
    logical: &LogicalTemplate,
    other: &LogicalTemplate,
    pick: Pick<'_>,
    why: &str,
) -> Decision {
    note(
        "template.substituted",
        "The template cannot be sent now; its substitute goes instead.",
        json!({"template": logical.name, "substitute": other.name, "because": why,
            "language": pick.live.language, "variant": pick.live.variant, "version": pick.live.n}),
    )
}

/// The first language of the chain that has a version at the platform; within it the recipient's arm.
pub(super) fn pick<'a>(
    snapshot: &'a Snapshot,
    logical: &'a LogicalTemplate,
    reader: Reader<'_>,
) -> Option<Pick<'a>> {
    let rules = snapshot.template_rules();
    let default = logical.settings.default_language.as_deref().or(rules.default_language.as_deref());
    let chain = language_chain(reader.language, &rules.language_fallbacks, default);
    let live = snapshot.live_versions(logical.id);
    let arms = logical.settings.arms();
    let gate = |arm: &Variant| snapshot.policy.settings.gate(arm.flag.as_deref());
    chain.iter().find_map(|language| {
        let here = |variant: &Variant| version(snapshot, logical, live, language, variant);
        let there: Vec<Variant> = arms.iter().filter(|arm| here(arm).is_some()).cloned().collect();
        let wanted = variant_of(&there, &logical.name, &reader.recipient.0)?;
        let mut arm = wanted;
        // Whoever is not in a closed arm keeps the arm that they have once it opens.
        let open: Vec<Variant>;
        if gate(wanted) == Gate::Shadow {
            open = there.iter().filter(|arm| gate(arm) == Gate::Open).cloned().collect();
            arm = variant_of(&open, &logical.name, &reader.recipient.0)?;
        }
        let behind_flag = logical
            .settings
            .variants
            .iter()
            .find(|each| gate(wanted) == Gate::Shadow && each.name == wanted.name);
        let (live, known) = here(arm)?;
        Some(Pick { live, known, arms: arms.len(), behind_flag })
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

fn explain(decisions: &mut Vec<Decision>, logical: &LogicalTemplate, picked: Pick<'_>, reader: Reader<'_>) {
    let live = picked.live;
    if live.language != reader.language {
        decisions.push(note(
            "template.language_fallback",
            "There is no approved text in the language asked for; the next of the chain is used.",
            json!({"template": logical.name, "wanted": reader.language, "used": live.language}),
        ));
    }
    if let Some(arm) = picked.behind_flag {
        let reason = "The flag of this variant is off: the recipient would get it, and gets another.";
        let inputs = json!({"template": logical.name, "variant": arm.name, "flag": arm.flag});
        decisions.push(Decision { shadow: true, ..note("template.variant", reason, inputs) });
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
    Ok(Chosen { decisions: vec![decision], ..Chosen::plain(outgoing, None) })
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
