//! What the platform says of an account and of its numbers.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::fact::{Fact, Severity};

use super::super::lenient::{List, Maybe, Text};
use super::envelope::object;

#[derive(Deserialize)]
struct Signal<'a> {
    #[serde(borrow, default)]
    event: Text<'a>,
    #[serde(borrow, default)]
    decision: Text<'a>,
    #[serde(borrow, default)]
    alert_type: Text<'a>,
    #[serde(borrow, default)]
    alert_severity: Text<'a>,
    #[serde(borrow, default)]
    r#type: Text<'a>,
    #[serde(borrow, default)]
    ban_info: Maybe<Ban<'a>>,
    #[serde(borrow, default)]
    restriction_info: List<Maybe<Restriction<'a>>>,
}

#[derive(Deserialize)]
struct Ban<'a> {
    #[serde(borrow, default)]
    waba_ban_state: Text<'a>,
}

#[derive(Deserialize)]
struct Restriction<'a> {
    #[serde(borrow, default)]
    restriction_type: Text<'a>,
}

fn of_account(event: &str, severity: Severity, value: &RawValue) -> Vec<Fact> {
    vec![Fact::AccountSignal { event: event.to_owned(), severity, detail: value.to_owned() }]
}

fn of_sender(event: String, value: &RawValue) -> Vec<Fact> {
    vec![Fact::SenderSignal { event, detail: value.to_owned() }]
}

pub(super) fn update(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    let event = signal.event.get()?;
    Some(of_account(event, severity(event, &signal)?, value))
}

/// How bad an event is; none if it is not known.
fn severity(event: &str, signal: &Signal<'_>) -> Option<Severity> {
    Some(match event {
        "ACCOUNT_DELETED" | "ACCOUNT_OFFBOARDED" | "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" => {
            Severity::Critical
        }
        "DISABLED_UPDATE" => ban(signal),
        "ACCOUNT_RESTRICTION" => restriction(signal),
        "ACCOUNT_VIOLATION" | "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE" => Severity::Warning,
        "ACCOUNT_RECONNECTED"
        | "AD_ACCOUNT_LINKED"
        | "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE"
        | "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE"
        | "MM_LITE_TERMS_SIGNED"
        | "PARTNER_ADDED"
        | "PARTNER_APP_INSTALLED"
        | "VERIFIED_ACCOUNT"
        | "VOLUME_BASED_PRICING_TIER_UPDATE" => Severity::Info,
        _ => return None,
    })
}

fn ban(signal: &Signal<'_>) -> Severity {
    match signal.ban_info.get().and_then(|ban| ban.waba_ban_state.get()) {
        Some("REINSTATE") => Severity::Info,
        Some("SCHEDULE_FOR_DISABLE") => Severity::Warning,
        _ => Severity::Critical,
    }
}

/// Only restrictions of messaging as a whole stop us; others take away a part.
fn restriction(signal: &Signal<'_>) -> Severity {
    let stops = signal.restriction_info.items.iter().filter_map(Maybe::get).any(|restriction| {
        matches!(
            restriction.restriction_type.get(),
            Some("RESTRICTED_BIZ_INITIATED_MESSAGING" | "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")
        )
    });
    if stops { Severity::Critical } else { Severity::Warning }
}

/// An alert asks for attention; it never stops sending, so even a critical one is a warning here.
pub(super) fn alert(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    let severity = match signal.alert_severity.get() {
        Some("CRITICAL" | "WARNING") => Severity::Warning,
        _ => Severity::Info,
    };
    Some(of_account(signal.alert_type.get()?, severity, value))
}

pub(super) fn review(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    let decision = signal.decision.get()?.to_ascii_uppercase();
    let severity = match decision.as_str() {
        "APPROVED" => Severity::Info,
        "REJECTED" => Severity::Critical,
        _ => Severity::Warning,
    };
    Some(of_account(&format!("ACCOUNT_REVIEW_{decision}"), severity, value))
}

pub(super) fn capability(value: &RawValue) -> Option<Vec<Fact>> {
    let _: Signal<'_> = object(value)?;
    Some(of_account("BUSINESS_CAPABILITY_UPDATE", Severity::Info, value))
}

pub(super) fn number_quality(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    Some(of_sender(signal.event.owned()?, value))
}

pub(super) fn number_name(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    Some(of_sender(format!("NAME_{}", signal.decision.get()?.to_ascii_uppercase()), value))
}

pub(super) fn security(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    Some(of_sender(signal.event.owned()?, value))
}

/// Another responder of the same number took over a conversation, or handed one to us.
pub(super) fn handover(value: &RawValue) -> Option<Vec<Fact>> {
    let signal: Signal<'_> = object(value)?;
    Some(of_sender(signal.r#type.owned()?, value))
}
