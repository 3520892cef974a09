//! How long the disk takes to make 4 KiB durable.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::clock;
use crate::limits::FSYNC_BYTES;
use crate::statistics::{histogram, quantile_ms};

/// Median of a write with `fdatasync`, in milliseconds. The file grows, as a log does.
pub fn latency_ms(dir: &Path, length: Duration) -> Result<f64> {
    let mut file: File = tempfile::tempfile_in(dir)?;
    let block = vec![0x5a; FSYNC_BYTES];
    let mut latencies = histogram();
    let begin = clock::now();
    while begin.elapsed() < length {
        let from = clock::now();
        file.write_all(&block)?;
        file.sync_data()?;
        latencies.saturating_record(clock::micros(clock::now() - from));
    }
    Ok(quantile_ms(&latencies, 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_some_time() {
        let dir = tempfile::tempdir().unwrap();
        assert!(latency_ms(dir.path(), Duration::from_millis(20)).unwrap() > 0.0);
    }
}
