//! The figures, what they are worth beside the yardsticks, and the targets.

use serde::Serialize;

use crate::args::Engine;
use crate::limits::SENDERS;
use crate::yardsticks::Yardsticks;

/// One run. What was not measured is `null`.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    pub engine: &'static str,
    pub accept_single_per_s: Option<f64>,
    pub accept_batch_per_s: Option<f64>,
    pub lifecycle_per_s: Option<f64>,
    pub lifecycle_cpu_us_per_message: Option<f64>,
    pub lifecycle_batched_cpu_us_per_message: Option<f64>,
    pub accept_p50_ms: Option<f64>,
    pub accept_p99_ms: Option<f64>,
    pub otp_p99_ms: Option<f64>,
    pub rss_peak_mb: Option<f64>,
    pub raw_http_per_s: Option<f64>,
    pub raw_insert_per_s: Option<f64>,
    pub fsync_p50_ms: Option<f64>,
    pub senders: usize,
    pub lifecycle_batched_per_s: Option<f64>,
    pub otp_p50_ms: Option<f64>,
    /// Marketing messages that waited while one-time passwords were sent.
    pub otp_backlog: Option<u64>,
    pub postgres_cpu_us_per_message: Option<f64>,
    pub postgres_batched_cpu_us_per_message: Option<f64>,
    pub simulator_cpu_us_per_message: Option<f64>,
    pub bench_cpu_us_per_message: Option<f64>,
    pub accept_single_cpu_us_per_message: Option<f64>,
    pub accept_batch_cpu_us_per_message: Option<f64>,
    /// Of raw HTTP round trips.
    pub accept_single_ratio: Option<f64>,
    /// Of raw inserts.
    pub accept_batch_ratio: Option<f64>,
    /// Of a quarter of the raw HTTP round trips: a lifecycle has four.
    pub lifecycle_ratio: Option<f64>,
    /// Lifecycles without rules of policy, and with all of them.
    pub policy_off_per_s: Option<f64>,
    pub policy_on_per_s: Option<f64>,
    /// Of the rate without.
    pub policy_ratio: Option<f64>,
    /// Seconds of the dry run of an audience.
    pub audience_s: Option<f64>,
    /// Messages that were stored when `growth_per_s` was measured.
    pub growth_stored: Option<u64>,
    /// Lifecycles with few messages stored.
    pub growth_few_per_s: Option<f64>,
    pub growth_per_s: Option<f64>,
    /// Of the rate with few messages stored.
    pub growth_ratio: Option<f64>,
    /// Messages that waited while the server was stopped and started again.
    pub restart_waiting: Option<u64>,
    /// From the start of the process to the first submission that the simulator saw.
    pub restart_first_submission_ms: Option<f64>,
    /// From SIGTERM to the end of the process.
    pub restart_stop_ms: Option<f64>,
    /// Of the server with that backlog, before and after.
    pub restart_rss_peak_mb: Option<f64>,
}

/// A target: at least a ratio to a yardstick, or at most a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    RatioAtLeast(f64),
    AtMost(f64),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub measure: &'static str,
    pub figure: Option<f64>,
    pub unit: &'static str,
    pub digits: usize,
    pub ratio: Option<f64>,
    pub target: Option<Target>,
}

impl Figures {
    pub fn new(engine: Engine) -> Self {
        Self {
            engine: engine.name(),
            accept_single_per_s: None,
            accept_batch_per_s: None,
            lifecycle_per_s: None,
            lifecycle_cpu_us_per_message: None,
            lifecycle_batched_cpu_us_per_message: None,
            accept_p50_ms: None,
            accept_p99_ms: None,
            otp_p99_ms: None,
            rss_peak_mb: None,
            raw_http_per_s: None,
            raw_insert_per_s: None,
            fsync_p50_ms: None,
            senders: SENDERS,
            lifecycle_batched_per_s: None,
            otp_p50_ms: None,
            otp_backlog: None,
            postgres_cpu_us_per_message: None,
            postgres_batched_cpu_us_per_message: None,
            simulator_cpu_us_per_message: None,
            bench_cpu_us_per_message: None,
            accept_single_cpu_us_per_message: None,
            accept_batch_cpu_us_per_message: None,
            accept_single_ratio: None,
            accept_batch_ratio: None,
            lifecycle_ratio: None,
            policy_off_per_s: None,
            policy_on_per_s: None,
            policy_ratio: None,
            audience_s: None,
            growth_stored: None,
            growth_few_per_s: None,
            growth_per_s: None,
            growth_ratio: None,
            restart_waiting: None,
            restart_first_submission_ms: None,
            restart_stop_ms: None,
            restart_rss_peak_mb: None,
        }
    }

    pub fn compare_with(&mut self, yardsticks: &Yardsticks) {
        self.set_yardsticks(yardsticks.raw_http_per_s(), yardsticks.raw_insert_per_s());
        self.fsync_p50_ms = yardsticks.fsync_p50_ms();
    }

    fn set_yardsticks(&mut self, http: Option<f64>, insert: Option<f64>) {
        let ratio = |figure: Option<f64>, of: Option<f64>| figure.zip(of).map(|(figure, of)| figure / of);
        self.raw_http_per_s = http;
        self.raw_insert_per_s = insert;
        self.accept_single_ratio = ratio(self.accept_single_per_s, http);
        self.accept_batch_ratio = ratio(self.accept_batch_per_s, insert);
        self.lifecycle_ratio = ratio(self.lifecycle_per_s, http.map(|http| http / 4.0));
    }

    /// The object of `--json`: rates and times with as many digits as mean something.
    pub fn rounded(&self) -> Self {
        let mut all = self.clone();
        let tenths = |value: &mut Option<f64>| *value = value.map(|value| (value * 10.0).round() / 10.0);
        let thousandths =
            |value: &mut Option<f64>| *value = value.map(|value| (value * 1_000.0).round() / 1_000.0);
        for value in [
            &mut all.accept_single_per_s,
            &mut all.accept_batch_per_s,
            &mut all.lifecycle_per_s,
            &mut all.lifecycle_batched_per_s,
            &mut all.lifecycle_cpu_us_per_message,
            &mut all.lifecycle_batched_cpu_us_per_message,
            &mut all.postgres_cpu_us_per_message,
            &mut all.postgres_batched_cpu_us_per_message,
            &mut all.simulator_cpu_us_per_message,
            &mut all.bench_cpu_us_per_message,
            &mut all.rss_peak_mb,
            &mut all.policy_off_per_s,
            &mut all.policy_on_per_s,
            &mut all.growth_few_per_s,
            &mut all.growth_per_s,
            &mut all.restart_first_submission_ms,
            &mut all.restart_stop_ms,
            &mut all.restart_rss_peak_mb,
            &mut all.raw_http_per_s,
            &mut all.raw_insert_per_s,
        ] {
            tenths(value);
        }
        for value in [
            &mut all.accept_p50_ms,
            &mut all.accept_p99_ms,
            &mut all.otp_p50_ms,
            &mut all.otp_p99_ms,
            &mut all.fsync_p50_ms,
            &mut all.accept_single_ratio,
            &mut all.accept_batch_ratio,
            &mut all.lifecycle_ratio,
            &mut all.policy_ratio,
            &mut all.audience_s,
            &mut all.growth_ratio,
        ] {
            thousandths(value);
        }
        all
    }

    pub fn lines(&self) -> Vec<Line> {
        use Target::{AtMost, RatioAtLeast};
        let sqlite = self.engine == Engine::Sqlite.name();
        let pick = |a: f64, b: f64| if sqlite { a } else { b };
        let line =
            |measure, figure, unit, digits| Line { measure, figure, unit, digits, ratio: None, target: None };
        let ratio = |line: Line, ratio, least| Line { ratio, target: Some(RatioAtLeast(least)), ..line };
        let most = |line: Line, most| Line { target: Some(AtMost(most)), ..line };
        let mut lines = vec![
            line("raw HTTP round trips", self.raw_http_per_s, "/s", 0),
            line("raw durable inserts", self.raw_insert_per_s, "/s", 0),
            line("4 KiB with fdatasync, p50", self.fsync_p50_ms, "ms", 2),
            ratio(
                line("single accept, 64 connections", self.accept_single_per_s, "/s", 0),
                self.accept_single_ratio,
                pick(0.20, 0.08),
            ),
            ratio(
                line("batch accept, 500 a call", self.accept_batch_per_s, "/s", 0),
                self.accept_batch_ratio,
                pick(0.5, 0.4),
            ),
            ratio(
                line("full lifecycle", self.lifecycle_per_s, "/s", 0),
                self.lifecycle_ratio,
                pick(0.25, 0.18),
            ),
            most(
                line("  server CPU a message", self.lifecycle_cpu_us_per_message, "µs", 0),
                pick(220.0, 300.0),
            ),
            line("with batched receipts", self.lifecycle_batched_per_s, "/s", 0),
            most(
                line("  server CPU a message", self.lifecycle_batched_cpu_us_per_message, "µs", 0),
                pick(120.0, 180.0),
            ),
            most(line("accept at 200/s, p50", self.accept_p50_ms, "ms", 2), pick(3.0, 5.0)),
            most(line("accept at 200/s, p99", self.accept_p99_ms, "ms", 2), pick(15.0, 25.0)),
            line("lifecycle without rules", self.policy_off_per_s, "/s", 0),
            ratio(line("  with every rule on", self.policy_on_per_s, "/s", 0), self.policy_ratio, 0.85),
            most(line("audience of 100,000, dry run", self.audience_s, "s", 2), 5.0),
            most(line("OTP before backlog, p99", self.otp_p99_ms, "ms", 1), pick(100.0, 150.0)),
            most(line("peak memory of the server", self.rss_peak_mb, "MB", 0), 200.0),
            most(line("restart to first submission", self.restart_first_submission_ms, "ms", 0), 2_000.0),
            most(line("  peak memory with backlog", self.restart_rss_peak_mb, "MB", 0), 200.0),
            line("lifecycle, few messages stored", self.growth_few_per_s, "/s", 0),
            ratio(line("lifecycle, very many stored", self.growth_per_s, "/s", 0), self.growth_ratio, 0.8),
        ];
        if !sqlite {
            let beside = line("  PostgreSQL CPU a message", self.postgres_cpu_us_per_message, "µs", 0);
            lines.insert(7, beside);
            let beside =
                line("  PostgreSQL CPU a message", self.postgres_batched_cpu_us_per_message, "µs", 0);
            lines.insert(10, beside);
        }
        lines
    }
}

impl Line {
    /// Whether the target is met, where there is one and the figure was measured.
    pub fn met(&self) -> Option<bool> {
        match self.target? {
            Target::RatioAtLeast(least) => self.ratio.map(|ratio| ratio >= least),
            Target::AtMost(most) => self.figure.map(|figure| figure <= most),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
