//! The measurements. Each group has a server, a simulator and a store of its own, so that none disturbs another.

mod accept;
mod growth;
mod latency;
mod lifecycle;
mod otp;
mod policy;
mod restart;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::args::{Args, Phase};
use crate::figures::Figures;
use crate::limits::{Amount, BACKLOG_RATE, QUIET_RATE, RESTART_RATE, SENDER_RATE, SENDERS};
use crate::postgres::Postgres;
use crate::progress::say;
use crate::rig::{Programs, Receipts, Rig, Setting};
use crate::yardsticks::Yardsticks;

/// What every measurement needs.
pub struct Bench {
    pub args: Args,
    pub amount: Amount,
    pub programs: Programs,
    /// Where stores are made.
    pub dir: PathBuf,
    pub postgres: Option<Postgres>,
}

const ACCEPT: Setting = Setting {
    name: "accept",
    receipts: Receipts::Single,
    ledger: false,
    senders: SENDERS,
    sender_rate: QUIET_RATE,
};
const LIFECYCLE: Setting = Setting { name: "lifecycle", sender_rate: SENDER_RATE, ..ACCEPT };
const BATCHED: Setting = Setting { name: "batched", receipts: Receipts::Batched, ..LIFECYCLE };
const OTP: Setting =
    Setting { name: "otp", ledger: true, senders: 1, sender_rate: BACKLOG_RATE, ..LIFECYCLE };
const POLICY: Setting = Setting { name: "policy", ..LIFECYCLE };
const RESTART: Setting = Setting { name: "restart", sender_rate: RESTART_RATE, ..ACCEPT };
const GROWTH: Setting = Setting { name: "growth", ..LIFECYCLE };

impl Bench {
    pub async fn run(&self) -> Result<Figures> {
        let mut figures = Figures::new(self.args.engine);
        let mut yardsticks = Yardsticks::default();
        let wants = |phase| self.args.wants(phase);
        if wants(Phase::Growth) {
            growth::check_space(self).await?;
        }
        if wants(Phase::Yardsticks) {
            yardsticks.measure(&self.dir, self.postgres.as_ref(), &self.amount).await?;
        }
        if wants(Phase::Single) || wants(Phase::Batch) {
            self.group(ACCEPT, &mut figures, async |rig, figures| accept::run(self, rig, figures).await)
                .await?;
        }
        if wants(Phase::Latency) || wants(Phase::Lifecycle) {
            self.group(LIFECYCLE, &mut figures, async |rig, figures| {
                if wants(Phase::Latency) {
                    latency::run(self, rig, figures).await?;
                }
                if wants(Phase::Lifecycle) {
                    lifecycle::single(self, rig, figures).await?;
                }
                Ok(())
            })
            .await?;
        }
        if wants(Phase::Batched) {
            self.group(BATCHED, &mut figures, async |rig, figures| {
                lifecycle::batched(self, rig, figures).await
            })
            .await?;
        }
        if wants(Phase::Policy) {
            self.group(POLICY, &mut figures, async |rig, figures| policy::run(self, rig, figures).await)
                .await?;
        }
        if wants(Phase::Otp) {
            self.group(OTP, &mut figures, async |rig, figures| otp::run(self, rig, figures).await).await?;
        }
        if wants(Phase::Restart) {
            self.group(RESTART, &mut figures, async |rig, figures| restart::run(self, rig, figures).await)
                .await?;
        }
        if wants(Phase::Growth) {
            self.group(GROWTH, &mut figures, async |rig, figures| growth::few(self, rig, figures).await)
                .await?;
            self.group(GROWTH, &mut figures, async |rig, figures| growth::many(self, rig, figures).await)
                .await?;
            self.group(GROWTH, &mut figures, async |rig, figures| growth::few(self, rig, figures).await)
                .await?;
        }
        if wants(Phase::Yardsticks) {
            yardsticks.measure(&self.dir, self.postgres.as_ref(), &self.amount).await?;
        }
        figures.compare_with(&yardsticks);
        Ok(figures)
    }

    /// Measures on a rig of its own, and notes the server's peak memory.
    async fn group(
        &self,
        setting: Setting,
        figures: &mut Figures,
        measure: impl AsyncFnOnce(&mut Rig, &mut Figures) -> Result<()>,
    ) -> Result<()> {
        let name = setting.name;
        let rig = Rig::start(&self.programs, &self.dir, self.postgres.as_ref(), setting).await;
        let mut rig = rig.with_context(|| format!("cannot set up for `{name}`"))?;
        let measured = measure(&mut rig, figures).await;
        let peak = rig.peak_rss_mb();
        if measured.is_err() {
            say(rig.log_tail());
        }
        rig.stop().await?;
        measured.with_context(|| format!("`{name}` failed"))?;
        let peak = peak?;
        say(format_args!("{name}: peak memory of the server {peak:.0} MB"));
        figures.rss_peak_mb = Some(figures.rss_peak_mb.map_or(peak, |highest| highest.max(peak)));
        Ok(())
    }
}
