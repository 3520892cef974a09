//! What the operating system says of the process; the composition root knows how to ask.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// One look at the process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessFigures {
    pub resident_bytes: u64,
    pub cpu_seconds: f64,
    pub open_files: u64,
    pub open_files_max: u64,
    pub threads: u64,
}

/// Takes a look; `None` where the system does not say.
pub type ProcessProbe = fn() -> Option<ProcessFigures>;

pub struct ProcessMetrics(pub ProcessFigures);

impl fmt::Debug for ProcessMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessMetrics")
    }
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let cpu = ConstCounter::new(self.0.cpu_seconds);
        let help = "Processor time that the process has used";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, cpu.metric_type())?)?;
        for (name, help, value) in [
            ("process_resident_bytes", "Memory that the process holds", self.0.resident_bytes),
            ("process_open_files", "File descriptors that are open", self.0.open_files),
            ("process_open_files_max", "File descriptors that may be open", self.0.open_files_max),
            ("process_threads", "Threads of the process", self.0.threads),
        ] {
            let gauge = ConstGauge::new(value as f64);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
