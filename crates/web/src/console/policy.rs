//! What may be sent when, to be read: settings, use of the messaging limit, rules of the tenant's own, hours.

use axum::response::Response;
use tidings_domain::actor::Permission;
use tidings_domain::policy::{AnnouncedChange, CountryRule, Pack, WeekText};
use tidings_engine::admin::{PolicyView, RuleView};
use tidings_engine::policy::{AnnouncedView, Latest, Mode, RuleActivity, RuleVerdict};

use super::view::pages::{ChangeAhead, DecidedRow, HoursRow, PolicyFact, PolicyPage, RuleRow};
use super::view::{Badge, Section, When, shorten};
use super::viewer::{Refusal, Viewer, html};

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let facts = facts(&engine.policy(&viewer.caller).await?);
    let rules = engine.policy_rules(&viewer.caller).await?.into_iter().map(rule).collect();
    let packs = engine.policy_packs(&viewer.caller)?;
    let hours = packs.into_iter().flat_map(hours).collect();
    let changes = engine.policy_changes(&viewer.caller, None).await?.into_iter().map(change).collect();
    let mut decided = Vec::new();
    let mut decided_since = When::default();
    if viewer.may(Permission::MessagesRead) {
        let found = engine.recent_decisions(&viewer.caller).await?;
        decided_since = found.deferrals_since.map(|at| When::new(&at.to_string())).unwrap_or_default();
        decided = found.rules.into_iter().map(activity).collect();
    }
    let frame = viewer.frame("Policy", Section::Policy).await?;
    Ok(html(&PolicyPage { frame, facts, rules, changes, decided, decided_since, hours }))
}

fn activity(activity: RuleActivity) -> DecidedRow {
    let class = match activity.verdict {
        "deny" => "bad",
        "defer" => "warn",
        _ => "dim",
    };
    let id = |latest: Latest| (latest.message.to_string(), shorten(&latest.message.to_string()));
    DecidedRow {
        rule: activity.rule,
        verdict: Badge::new(class, activity.verdict),
        last_day: activity.last_day,
        last_week: activity.last_week,
        latest: activity.latest.into_iter().map(id).collect(),
    }
}

fn change(view: AnnouncedView) -> ChangeAhead {
    let AnnouncedView { change, touches } = view;
    let rule = |rule| match rule {
        CountryRule::MarketingBlocked => "the platform carries no marketing",
        CountryRule::OptOutOfAll => "an opt-out of one category is one of all",
    };
    let hours =
        |text: Option<WeekText>| text.map_or_else(|| "those of the country".to_owned(), |text| week(&text));
    let what = match change.what {
        AnnouncedChange::Hours { before, after } => format!("hours: {} → {}", hours(before), hours(after)),
        AnnouncedChange::RuleBegins { rule: which } => format!("from then on {}", rule(which)),
        AnnouncedChange::RuleEnds { rule: which } => format!("no longer holds: {}", rule(which)),
    };
    let country = change.country.as_str();
    let place = if change.areas.is_empty() {
        country.to_owned()
    } else {
        format!("{country}: {}", change.areas.join(", "))
    };
    let touched = touches.into_iter().map(|touched| match touched.spared {
        Some(why) => format!("does not act: {why}"),
        None => {
            let sent: u64 = touched.senders.iter().map(|sender| sender.messages).sum();
            let (templates, senders) = (touched.templates.len(), touched.senders.len());
            format!("{templates} templates, {senders} senders; {sent} of the latest messages")
        }
    });
    let touches = touched.collect::<Vec<_>>().join("; ");
    ChangeAhead { on: change.on, place, what, touches, source: change.source }
}

fn facts(policy: &PolicyView) -> Vec<PolicyFact> {
    let settings = &policy.settings;
    let fact = |name: &'static str, value: String| PolicyFact { name, value };
    let on = |on: bool| if on { "on" } else { "off" };
    let mut facts = vec![
        fact("Version", policy.version.to_string()),
        fact("Quiet hours", on(settings.quiet_hours.enabled).to_owned()),
        fact("No marketing to the United States", on(settings.us_marketing_blocked).to_owned()),
        fact("An opt-out is one of all, where that is the rule", on(settings.opt_out_of_all).to_owned()),
    ];
    for (country, hours) in &settings.quiet_hours.countries {
        let hours = if hours.off { "none".to_owned() } else { week(&hours.hours) };
        facts.push(fact("Own hours", format!("{country}: {hours}")));
    }
    for cap in &settings.caps {
        facts.push(fact("Cap", format!("{} {} messages in {} hours", cap.messages, cap.category, cap.hours)));
    }
    for limit in &policy.messaging_limits {
        let used = match (limit.recipients_per_day, limit.reached) {
            (Some(most), Some(reached)) => format!("{reached} of {most} people in 24 hours"),
            _ => "not known or unlimited".to_owned(),
        };
        let whose = match &limit.portfolio {
            _ if policy.messaging_limits.len() == 1 => used,
            Some(portfolio) => format!("portfolio {portfolio}: {used}"),
            None => format!("an account of no known portfolio: {used}"),
        };
        facts.push(fact("Messaging limit", whose));
    }
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
