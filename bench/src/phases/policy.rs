//! What policy costs: lifecycles with every rule on beside lifecycles without, and the dry run of a large audience.

use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use super::{Bench, lifecycle};
use crate::clock;
use crate::figures::Figures;
use crate::limits::{AUDIENCE, CATALOGUE_TIME};
use crate::load::phone;
use crate::progress::say;
use crate::rig::Rig;

/// Rules of a tenant's own that look at every message and stop none.
const RULES: [&str; 10] = [
    "category == 'marketing' && country in ['FR', 'BE', 'LU'] && local.weekday == 7",
    "(local.hour < 8 || local.hour >= 22) && country == 'XX'",
    "template.name.startsWith('spring_') && template.language == 'xx'",
    "['AT', 'CH', 'DE'].exists(c, c == country)",
    "sender == 'snd_nobody'",
    "free_form && category != 'service'",
    "state in ['XA', 'XB'] && local.hour >= 20",
    "recipient.opted_out && !free_form",
    "template.language.endsWith('_XX') || template.name.contains('draft')",
    "channel == 'sms' ? local.hour > 20 : local.hour > 23",
];

/// Rates without rules, with all of them, and without again, so that a machine that got faster or slower meanwhile is
/// seen.
pub async fn run(bench: &Bench, rig: &Rig, figures: &mut Figures) -> Result<()> {
    let messages = bench.amount.lifecycle;
    let before = lifecycle::measure(rig, 1, messages, "lifecycle without rules").await?;
    turn_on(rig).await?;
    let with = lifecycle::measure(rig, 2, messages, "lifecycle with every rule").await?;
    audience(rig, figures).await?;
    turn_off(rig).await?;
    let after = lifecycle::measure(rig, 3, messages, "lifecycle without rules").await?;
    let without = f64::midpoint(before.per_s, after.per_s);
    figures.policy_off_per_s = Some(without);
    figures.policy_on_per_s = Some(with.per_s);
    figures.policy_ratio = Some(with.per_s / without);
    Ok(())
}

async fn turn_on(rig: &Rig) -> Result<()> {
    let always = json!({"weekdays": "00:00-24:00", "saturday": "00:00-24:00", "sunday": "00:00-24:00"});
    let settings = json!({
        "quiet_hours": {"categories": ["marketing", "utility"], "countries": {"US": always}},
        "caps": [{"category": "utility", "messages": 50, "hours": 24}, {"category": "utility", "messages": 90, "hours": 168}],
        "messaging_limit": {"recipients_per_day": 10_000_000},
        "content": {"links": "shadow", "cards": "scrub", "bank_accounts": "scrub", "secrets": "deny", "emails": "shadow",
            "health": "shadow"},
    });
    rig.api.call(Method::PUT, "/v1/policy/settings", Some(&settings)).await?;
    for (n, when) in RULES.iter().enumerate() {
        let rule =
            json!({"name": format!("rule-{n}"), "when": when, "verdict": "deny", "reason": "Because."});
        rig.api.post("/v1/policy/rules", &rule).await?;
    }
    tokio::time::sleep(CATALOGUE_TIME).await;
    Ok(())
}

async fn turn_off(rig: &Rig) -> Result<()> {
    let rules = rig.api.get("/v1/policy/rules").await?;
    for rule in rules["rules"].as_array().context("a list of rules")? {
        let id = rule["id"].as_str().context("a rule has an id")?;
        rig.api.call(Method::DELETE, &format!("/v1/policy/rules/{id}"), None).await?;
    }
    rig.api.call(Method::PUT, "/v1/policy/settings", Some(&json!({}))).await?;
    tokio::time::sleep(CATALOGUE_TIME).await;
    Ok(())
}

/// Half of them have had a message already, so that something is known of them.
async fn audience(rig: &Rig, figures: &mut Figures) -> Result<()> {
    let numbers: Vec<String> = (0..AUDIENCE as u64).map(|n| phone(2, n)).collect();
    let message =
        json!({"template": {"name": "order_update", "language": "en_US", "variables": ["Ann", "A-1"]}});
    let begin = clock::now();
    let report: Value =
        rig.api.post("/v1/policy/audience", &json!({"message": message, "recipients": numbers})).await?;
    let seconds = clock::seconds(begin);
    ensure!(report["total"] == AUDIENCE, "the audience was not counted: {report}");
    say(format_args!("dry run of {AUDIENCE} recipients in {seconds:.2} s"));
    figures.audience_s = Some(seconds);
    Ok(())
}
