//! `tidings doctor`: what is not right here, and how to mend it.

mod checks;
mod durability;
mod ledger;

pub use ledger::check_ledger;

use std::path::Path;

use serde_json::json;

use super::{Failure, Outcome};
use crate::output::Out;
use crate::table::wrap;

/// What came of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Nothing is broken, but somebody should know.
    Notice,
    Bad,
}

#[derive(Debug)]
pub struct Check {
    pub name: &'static str,
    pub verdict: Verdict,
    pub found: String,
    /// How to mend it.
    pub mend: String,
}

impl Check {
    pub fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Good, found: found.into(), mend: String::new() }
    }
    pub fn notice(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Notice, found: found.into(), mend: mend.into() }
    }
    pub fn bad(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Bad, found: found.into(), mend: mend.into() }
    }
}

pub async fn run(file: Option<&Path>, data_dir: Option<&Path>, out: Out) -> Outcome {
    let checks = checks::all(file, data_dir).await;
    let healthy = checks.iter().all(|check| check.verdict != Verdict::Bad);
    let list: Vec<_> = checks
        .iter()
        .map(|check| {
            let verdict = match check.verdict {
                Verdict::Good => "good",
                Verdict::Notice => "notice",
                Verdict::Bad => "bad",
            };
            json!({"check": check.name, "verdict": verdict, "found": check.found, "mend": check.mend})
        })
        .collect();
    out.answer(&json!({"healthy": healthy, "checks": list}), || words(&checks))?;
    if healthy { Ok(()) } else { Err(Failure::Said) }
}

fn words(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let sign = match check.verdict {
            Verdict::Good => "✔",
            Verdict::Notice => "!",
            Verdict::Bad => "✖",
        };
        text.push_str(&format!("{sign} {}\n{}", check.name, wrap(&check.found, 2)));
        if !check.mend.is_empty() {
            text.push_str(&wrap(&format!("→ {}", check.mend), 2));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_says_how_to_mend_it() {
        let text = words(&[
            Check::good("clock", "12:00"),
            Check::bad("master key", "mode 644", "chmod 600 master.key"),
        ]);
        assert_eq!(text, "✔ clock\n  12:00\n✖ master key\n  mode 644\n  → chmod 600 master.key\n");
    }
}
