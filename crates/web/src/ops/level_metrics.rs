//! How full things stand, as gauges; what the store's transactions cost, as histograms.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use tidings_domain::category::Category;
use tidings_engine::report::{AttentionReport, RegionLevels};
use tidings_engine::{Histogram, Levels};

pub struct LevelMetrics(pub Arc<Vec<RegionLevels>>);

impl fmt::Debug for LevelMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LevelMetrics")
    }
}

/// One sample: the labels beside `region`, and the value.
type Sample = (Option<(&'static str, &'static str)>, f64);

impl LevelMetrics {
    fn gauge(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        samples: impl Fn(&RegionLevels, &mut Vec<Sample>),
    ) -> fmt::Result {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for region in self.0.iter() {
            let mut values = Vec::new();
            samples(region, &mut values);
            for (label, value) in values {
                let labels: Vec<(&str, &str)> =
                    std::iter::once(("region", region.region.as_str())).chain(label).collect();
                family.encode_family(&labels.as_slice())?.encode_gauge(&value)?;
            }
        }
        Ok(())
    }

    /// The same where the store must have answered.
    fn level(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        value: impl Fn(&Levels) -> u64,
    ) -> fmt::Result {
        self.gauge(encoder, name, help, |region, samples| {
            samples.extend(region.levels.as_ref().map(|levels| (None, value(levels) as f64)));
        })
    }

    fn histogram(
        &self,
        encoder: &mut DescriptorEncoder,
        name: &str,
        help: &str,
        of: impl Fn(&RegionLevels) -> &Histogram,
    ) -> fmt::Result {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for region in self.0.iter() {
            let Histogram { sum, count, buckets } = of(region);
            let labels = [("region", region.region.as_str())];
            family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(*sum, *count, buckets, None)?;
        }
        Ok(())
    }

    fn queues(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let help = "Entries that wait, counted up to a bound (queue_capped)";
        self.gauge(encoder, "queue_depth", help, |region, samples| {
            let Some(levels) = &region.levels else { return };
            samples.extend(by_category(|n| levels.queued[n] as f64));
        })?;
        let help = "How long the entry that is due longest has been due; 0 where none is";
        self.gauge(encoder, "queue_overdue_seconds", help, |region, samples| {
            let Some(levels) = &region.levels else { return };
            samples.extend(by_category(|n| {
                let late_us = levels.earliest[n].map_or(0, |at| region.at.since(at));
                late_us.max(0) as f64 / 1e6
            }));
        })?;
        self.level(encoder, "queue_capped", "1 when more waits than was counted", |levels| {
            u64::from(levels.capped)
        })?;
        self.level(encoder, "queue_lanes", "Senders with anything queued", |levels| levels.lanes)?;
        self.level(encoder, "queue_deepest_lane", "Entries of the sender that has most", |levels| {
            levels.deepest_lane
        })
    }
}

/// A sample for each category; `value` takes the category's code.
fn by_category(value: impl Fn(usize) -> f64) -> impl Iterator<Item = Sample> {
    Category::ALL
        .into_iter()
        .map(move |category| (Some(("category", category.as_str())), value(usize::from(category.priority()))))
}

impl Collector for LevelMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let encoder = &mut encoder;
        self.queues(encoder)?;
        self.gauge(encoder, "lanes", "Lanes in memory, by phase", |region, samples| {
            samples.extend(region.phases.iter().map(|(name, n)| (Some(("phase", *name)), *n as f64)));
        })?;
        let help = "1 where this process decides for the region's lanes";
        self.gauge(encoder, "lanes_decided", help, |region, samples| {
            samples.push((None, f64::from(u8::from(region.decides))));
        })?;
        self.gauge(encoder, "attention", "Messages that need a person, by kind", |region, samples| {
            let Some(levels) = &region.levels else { return };
            samples.extend(
                levels
                    .attention
                    .iter()
                    .map(|(kind, n)| (Some(("kind", AttentionReport::name_of(*kind))), *n as f64)),
            );
        })?;
        self.level(encoder, "open_doubts", "Attempts whose outcome is unknown", |levels| levels.open_doubts)?;
        self.level(encoder, "open_claims", "Attempts that are being submitted", |levels| levels.open_claims)?;
        let help = "From the beginning of a transaction until it was durable";
        self.histogram(encoder, "store_commit_seconds", help, |region| &region.commits.seconds)?;
        let help = "Callers whose work one transaction carried";
        self.histogram(encoder, "store_commit_callers", help, |region| &region.commits.callers)
    }
}
