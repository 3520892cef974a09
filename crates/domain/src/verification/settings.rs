//! What a tenant decides about its codes.

use serde::{Deserialize, Serialize};

use super::{Alphabet, History, Scope};
use crate::limits::{
    CODE_LENGTH_MAX, CODE_LENGTH_MIN, VERIFICATION_ATTEMPTS_MAX, VERIFICATION_RESENDS_MAX,
    VERIFICATION_TTL_S_MAX, VERIFICATION_TTL_S_MIN, VERIFICATION_WINDOWS_MAX,
};
use crate::problem::{Checked, FieldProblem};
use crate::time::{DAY, HOUR, MINUTE, SECOND, Timestamp};

/// So many codes under one scope within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub scope: Scope,
    pub within_s: u32,
    pub max: u32,
}

/// How codes are made and limited; what is left out is as by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub code_length: u8,
    pub alphabet: Alphabet,
    /// Seconds for which a code is good.
    pub ttl_s: u32,
    /// Wrong codes that may be given; the next one ends the verification.
    pub attempts: u8,
    /// Seconds before the code may be sent again.
    pub resend_after_s: u32,
    pub resends: u8,
    /// The authentication template to send with, and its language.
    pub template: Option<String>,
    pub language: Option<String>,
    /// Whether what looks like abuse is slowed, challenged and blocked, or only told.
    pub guard: bool,
    pub windows: Vec<Window>,
}

impl Default for Settings {
    fn default() -> Self {
        let window =
            |scope, within_us: i64, max| Window { scope, within_s: (within_us / SECOND) as u32, max };
        Self {
            code_length: 6,
            alphabet: Alphabet::Digits,
            ttl_s: 600,
            attempts: 5,
            resend_after_s: 30,
            resends: 3,
            template: None,
            language: None,
            guard: true,
            windows: vec![
                window(Scope::Phone, 10 * MINUTE, 4),
                window(Scope::Phone, HOUR, 6),
                window(Scope::Phone, DAY, 12),
                window(Scope::Device, HOUR, 10),
                window(Scope::Device, DAY, 20),
                window(Scope::ClientIp, 10 * MINUTE, 20),
                window(Scope::ClientIp, HOUR, 60),
                window(Scope::ClientIp, DAY, 200),
            ],
        }
    }
}

impl Settings {
    pub fn ttl_us(&self) -> i64 {
        i64::from(self.ttl_s) * SECOND
    }

    /// What does not fit, by field.
    pub fn check(&self) -> Checked<()> {
        let mut problems = Vec::new();
        let mut between = |field: &str, value: u32, min: u32, max: u32| {
            if !(min..=max).contains(&value) {
                let detail = format!("Choose a number from {min} to {max}.");
                problems.push(FieldProblem::new(field, "number.range", detail));
            }
        };
        between("code_length", self.code_length.into(), CODE_LENGTH_MIN.into(), CODE_LENGTH_MAX.into());
        between("ttl_s", self.ttl_s, VERIFICATION_TTL_S_MIN, VERIFICATION_TTL_S_MAX);
        between("attempts", self.attempts.into(), 1, VERIFICATION_ATTEMPTS_MAX.into());
        between("resend_after_s", self.resend_after_s, 1, VERIFICATION_TTL_S_MAX);
        between("resends", self.resends.into(), 0, VERIFICATION_RESENDS_MAX.into());
        between("windows", self.windows.len() as u32, 0, VERIFICATION_WINDOWS_MAX);
        for (n, window) in self.windows.iter().enumerate() {
            between(&format!("windows[{n}].within_s"), window.within_s, 60, (DAY / SECOND) as u32);
            between(&format!("windows[{n}].max"), window.max, 1, u32::MAX);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// The window that is full for longest, and the microseconds until it has room.
pub fn exceeded<'a>(
    windows: &'a [Window],
    history: impl Fn(Scope) -> Option<&'a History>,
    now: Timestamp,
) -> Option<(&'a Window, i64)> {
    let wait = |window: &'a Window| {
        let wait_us = history(window.scope)?.wait_us(i64::from(window.within_s) * SECOND, window.max, now)?;
        Some((window, wait_us))
    };
    windows.iter().filter_map(wait).max_by_key(|(_, wait_us)| *wait_us)
}
