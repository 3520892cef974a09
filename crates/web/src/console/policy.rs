//! What may be sent when, to be read: settings, use of the messaging limit, rules of the tenant's own, hours.

use axum::response::Response;
use tidings_domain::policy::{Pack, WeekText};
use tidings_engine::admin::{PolicyView, RuleView};
use tidings_engine::policy::{Mode, RuleVerdict};

use super::view::Section;
use super::view::pages::{HoursRow, PolicyFact, PolicyPage, RuleRow};
use super::viewer::{Refusal, Viewer, html};

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let facts = facts(&engine.policy(&viewer.caller).await?);
    let rules = engine.policy_rules(&viewer.caller).await?.into_iter().map(rule).collect();
    let packs = engine.policy_packs(&viewer.caller)?;
    let hours = packs.into_iter().flat_map(hours).collect();
    let frame = viewer.frame("Policy", Section::Policy).await?;
    Ok(html(&PolicyPage { frame, facts, rules, hours }))
}

fn facts(policy: &PolicyView) -> Vec<PolicyFact> {
    let settings = &policy.settings;
    let fact = |name: &'static str, value: String| PolicyFact { name, value };
    let on = |on: bool| if on { "on" } else { "off" };
    let mut facts = vec![
        fact("Version", policy.version.to_string()),
        fact("Quiet hours", on(settings.quiet_hours.enabled).to_owned()),
        fact("No marketing to the United States", on(settings.us_marketing_blocked).to_owned()),
    ];
    for (country, hours) in &settings.quiet_hours.countries {
        let hours = if hours.off { "none".to_owned() } else { week(&hours.hours) };
        facts.push(fact("Own hours", format!("{country}: {hours}")));
    }
    for cap in &settings.caps {
        facts.push(fact("Cap", format!("{} {} messages in {} hours", cap.messages, cap.category, cap.hours)));
    }
    let limit = &policy.messaging_limit;
    facts.push(fact(
        "Messaging limit",
        match (limit.recipients_per_day, limit.reached) {
            (Some(most), Some(reached)) => format!("{reached} of {most} people in 24 hours"),
            _ => "not known or unlimited".to_owned(),
        },
    ));
    facts
}

fn rule(rule: RuleView) -> RuleRow {
    let verdict = match (rule.text.verdict, rule.text.minutes) {
        (RuleVerdict::Defer, Some(minutes)) => format!("defer by {minutes} min"),
        _ => "deny".to_owned(),
    };
    let mode = match rule.text.mode {
        Mode::Enforce => "enforced",
        Mode::Shadow => "shadow",
    };
    RuleRow { name: rule.text.name, when: rule.text.when, verdict, mode, reason: rule.text.reason }
}

fn hours(pack: &'static Pack) -> impl Iterator<Item = HoursRow> {
    pack.hours.iter().map(|hours| HoursRow {
        country: match pack.country.as_str() {
            "ZZ" => "elsewhere".to_owned(),
            country if hours.areas.is_empty() => country.to_owned(),
            country => format!("{country}: {}", hours.areas.join(", ")),
        },
        hours: week(&hours.text),
        status: format!("{:?}", hours.status).to_lowercase(),
        source: hours.source.clone(),
    })
}

fn week(text: &WeekText) -> String {
    let parts = [
        ("daily", &text.every),
        ("Mon–Fri", &text.weekdays),
        ("Sat", &text.saturday),
        ("Sun", &text.sunday),
        ("holidays", &text.holidays),
    ];
    let named: Vec<String> =
        parts.iter().filter_map(|(name, text)| text.as_ref().map(|text| format!("{name} {text}"))).collect();
    named.join("; ")
}
