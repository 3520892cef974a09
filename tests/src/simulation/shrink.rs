//! A failing seed, made short: whatever can be left out and still fails the same way is left out.

use std::fmt;

use tidings_simulator::Faults;

use super::disk::DiskFaults;
use super::drive::{Trouble, run_planned};
use super::plan::Plan;
use super::traffic::What;
use super::wire::WireFaults;
use crate::limits::{ACTIONS_SHOWN_MAX, SHRINK_RUNS_MAX};

/// Why a run failed, with how to see it again.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    /// What the whole seed brings, and what is left of it.
    pub plan: String,
    pub rest: String,
    /// What the short run still does, one action a line.
    pub actions: Vec<String>,
    pub trouble: Trouble,
    /// What the short run breaks.
    pub short: Trouble,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} broke {} promises ({}):", self.seed, self.trouble.broken.len(), self.plan)?;
        write!(f, "{}", self.trouble)?;
        writeln!(f, "the shortest run that still breaks it ({}):", self.rest)?;
        for text in self.actions.iter().take(ACTIONS_SHOWN_MAX) {
            writeln!(f, "  {text}")?;
        }
        write!(f, "{}", self.short)?;
        write!(f, "replay it with: cargo xtask sim --seed {}", self.seed)
    }
}

/// Shrinks a failing plan and says what is left.
pub fn explain(plan: Plan, trouble: Trouble) -> Failure {
    let described = plan.describe();
    let seed = plan.seed;
    let (plan, short) = Shrinking { kind: kind(&trouble), runs: 0, plan, short: trouble.clone() }.shrink();
    let actions = plan
        .actions
        .iter()
        .filter(|action| !matches!(action.what, What::Nothing))
        .map(|action| format!("{:>9.3} s {:?}", action.at_us as f64 / 1e6, action.what))
        .chain(plan.crashes.iter().map(|crash| format!("crash {crash:?}")))
        .collect();
    Failure { seed, plan: described, rest: plan.describe(), actions, trouble, short }
}

/// The word before the colon: what kind of promise was broken.
fn kind(trouble: &Trouble) -> String {
    let first = trouble.broken.first().map_or("", String::as_str);
    first.split(':').next().unwrap_or_default().to_owned()
}

struct Shrinking {
    kind: String,
    runs: usize,
    plan: Plan,
    short: Trouble,
}

impl Shrinking {
    fn shrink(mut self) -> (Plan, Trouble) {
        self.without(|plan| plan.faults = Faults::none());
        self.without(|plan| plan.wire = WireFaults::default());
        self.without(|plan| plan.disk = DiskFaults::default());
        self.without(|plan| plan.disk.fail = 0.0);
        self.without(|plan| plan.disk.fail_after = 0.0);
        self.without(|plan| plan.disk.slow = 0.0);
        self.without(|plan| plan.crashes.clear());
        self.without(|plan| {
            plan.crashes.pop();
        });
        self.without(|plan| drop_actions(plan, What::is_fault));
        self.parts(plan_len(&self.plan) / 2);
        (self.plan, self.short)
    }

    /// Leaves out runs of actions, half as long each time.
    fn parts(&mut self, mut size: usize) {
        while size >= 1 && self.runs < SHRINK_RUNS_MAX {
            let busy: Vec<usize> = busy(&self.plan);
            for part in busy.chunks(size) {
                self.without(|plan| {
                    for index in part {
                        plan.actions[*index].what = What::Nothing;
                    }
                });
            }
            size /= 2;
        }
    }

    /// Keeps the change if the run still fails in the same way.
    fn without(&mut self, change: impl FnOnce(&mut Plan)) {
        if self.runs >= SHRINK_RUNS_MAX {
            return;
        }
        self.runs += 1;
        let mut plan = self.plan.clone();
        change(&mut plan);
        if let Err(trouble) = run_planned(plan.clone())
            && kind(&trouble) == self.kind
        {
            (self.plan, self.short) = (plan, trouble);
        }
    }
}

fn busy(plan: &Plan) -> Vec<usize> {
    (0..plan.actions.len()).filter(|index| !matches!(plan.actions[*index].what, What::Nothing)).collect()
}

fn plan_len(plan: &Plan) -> usize {
    busy(plan).len()
}

fn drop_actions(plan: &mut Plan, which: impl Fn(&What) -> bool) {
    for action in plan.actions.iter_mut().filter(|action| which(&action.what)) {
        action.what = What::Nothing;
    }
}
