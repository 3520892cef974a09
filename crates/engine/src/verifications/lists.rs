//! Who is always or never sent a code.

use tidings_domain::actor::Permission;
use tidings_domain::address::{CountryCode, Phone};
use tidings_domain::id::ListedId;
use tidings_store::model::{Hash16, Listed};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::{CLIENT_TEXT_CHARS_MAX, LISTED_MAX, REASON_CHARS_MAX};
use crate::pipeline::Engine;

/// An entry to be made.
#[derive(Debug, Clone)]
pub struct NewListed {
    pub blocked: bool,
    pub kind: String,
    pub value: String,
    pub reason: String,
}

pub(super) fn key(caller: &Caller, kind: &str, value: &str) -> Hash16 {
    caller.scope.hash(&format!("verification list:{kind}:{value}"))
}

impl Engine {
    pub async fn list_for_codes(&self, caller: &Caller, new: NewListed) -> Result<Listed> {
        caller.require(Permission::AccountsWrite)?;
        let value = read(&new.kind, &new.value)?;
        if new.reason.trim().is_empty() || new.reason.chars().count() > REASON_CHARS_MAX {
            let detail = format!("Say why in 1 to {REASON_CHARS_MAX} characters; others will ask.");
            return Err(EngineError::invalid("reason", "reason.size", detail));
        }
        if caller.store.listed_for_codes(&caller.scope, LISTED_MAX + 1).await?.len() >= LISTED_MAX {
            return Err(EngineError::Conflict(format!("there are {LISTED_MAX} entries; remove some first")));
        }
        let now = self.now();
        let key = key(caller, &new.kind, &value);
        let NewListed { blocked, kind, reason, .. } = new;
        let entry = Listed { id: self.0.ids.next(now), blocked, kind, value, reason, created_at: now };
        caller.store.list_for_codes(&caller.scope, key, entry.clone()).await?;
        Ok(entry)
    }

    pub async fn unlist_for_codes(&self, caller: &Caller, id: ListedId) -> Result<()> {
        caller.require(Permission::AccountsWrite)?;
        match caller.store.unlist_for_codes(&caller.scope, id).await? {
            true => Ok(()),
            false => Err(EngineError::NotFound("entry")),
        }
    }

    pub async fn listed_for_codes(&self, caller: &Caller) -> Result<Vec<Listed>> {
        caller.require(Permission::MessagesRead)?;
        Ok(caller.store.listed_for_codes(&caller.scope, LISTED_MAX).await?)
    }
}

/// The value in the form in which requests are looked up.
fn read(kind: &str, value: &str) -> Result<String> {
    let misfit = |detail: &str| EngineError::invalid("value", "list.value", detail);
    match kind {
        "phone" => Ok(Phone::parse(value).map_err(EngineError::Invalid)?.digits().to_owned()),
        "prefix" => {
            let digits: String = value.trim_start_matches('+').to_owned();
            let sound = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            if sound { Ok(digits) } else { Err(misfit("Give the first digits of numbers, such as +88216.")) }
        }
        "country" => CountryCode::parse(value)
            .map(|country| country.to_string())
            .ok_or_else(|| misfit("Give two letters, such as DE.")),
        "client_ip" | "device" if (1..=CLIENT_TEXT_CHARS_MAX).contains(&value.chars().count()) => {
            Ok(value.to_owned())
        }
        "client_ip" | "device" => Err(misfit("Give it as your requests give it.")),
        _ => Err(EngineError::invalid(
            "kind",
            "list.kind",
            "Choose one of `phone`, `prefix`, `country`, `client_ip` and `device`.",
        )),
    }
}
