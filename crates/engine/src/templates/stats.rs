//! How long approvals take and why templates are rejected, by template, language and month.

use std::collections::BTreeMap;

use serde::Serialize;
use tidings_domain::actor::Permission;

use crate::caller::Caller;
use crate::error::Result;
use crate::limits::{TEMPLATE_DECISIONS_MAX, TEMPLATE_STATS_US};
use crate::pipeline::Engine;

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TemplateStats {
    pub template: String,
    pub language: String,
    /// `2026-11`, in UTC, of the submission.
    pub month: String,
    pub submitted: usize,
    pub approved: usize,
    pub rejected: usize,
    /// Seconds from submission to the platform's decision, of those approved.
    pub approval_s_median: Option<i64>,
    pub approval_s_max: Option<i64>,
    pub reasons: Vec<ReasonCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    pub reason: String,
    pub count: usize,
}

impl Engine {
    /// Of the last thirteen months.
    pub async fn template_stats(&self, caller: &Caller) -> Result<Vec<TemplateStats>> {
        caller.require(Permission::TemplatesRead)?;
        let since = self.now().plus(-TEMPLATE_STATS_US);
        let all = caller.store.template_decisions(&caller.scope, since, TEMPLATE_DECISIONS_MAX).await?;
        let mut groups: BTreeMap<(String, String, String), Vec<_>> = BTreeMap::new();
        for each in all {
            let month: String = each.submitted_at.to_string().chars().take(7).collect();
            groups.entry((each.template.clone(), each.language.clone(), month)).or_default().push(each);
        }
        let of_group = |((template, language, month), decisions): ((String, String, String), Vec<_>)| {
            let mut stats = TemplateStats { template, language, month, ..TemplateStats::default() };
            let mut waits = Vec::new();
            let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
            for each in &decisions {
                let each: &tidings_store::model::TemplateDecision = each;
                stats.submitted += 1;
                if each.verdict == "approved" {
                    stats.approved += 1;
                    waits.push(each.decided_at.since(each.submitted_at) / tidings_domain::time::SECOND);
                } else {
                    stats.rejected += 1;
                    let reason = each.reason.clone().unwrap_or_else(|| "NONE".to_owned());
                    *reasons.entry(reason).or_default() += 1;
                }
            }
            waits.sort_unstable();
            stats.approval_s_median = waits.get(waits.len() / 2).copied();
            stats.approval_s_max = waits.last().copied();
            stats.reasons =
                reasons.into_iter().map(|(reason, count)| ReasonCount { reason, count }).collect();
            stats
        };
        Ok(groups.into_iter().map(of_group).collect())
    }
}
