//! What the kernel counts about processes, read from `/proc`.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks per second in `/proc`: fixed in Linux's interface on every usual architecture.
const TICKS_PER_S: f64 = 100.0;

/// Fields of `/proc/<pid>/stat` that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own_ticks: u64,
    /// Of children that ended and were waited for.
    children_ticks: u64,
}

/// CPU time of a process, all its threads together, in microseconds.
pub fn cpu_us(pid: u32) -> Result<f64> {
    Ok(read_stat(pid)?.own_ticks as f64 / TICKS_PER_S * 1e6)
}

/// CPU time of a process and its children, those that ended included, in microseconds.
pub fn family_cpu_us(pid: u32) -> Result<f64> {
    let head = read_stat(pid)?;
    let mut ticks = head.own_ticks + head.children_ticks;
    for entry in fs::read_dir("/proc").context("cannot read /proc")?.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process may end while we look.
        if let Ok(stat) = read_stat(child)
            && stat.parent == pid
        {
            ticks += stat.own_ticks + stat.children_ticks;
        }
    }
    Ok(ticks as f64 / TICKS_PER_S * 1e6)
}

/// The largest resident set that the process ever had, in megabytes of 1,000,000 bytes.
pub fn peak_rss_mb(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    peak_of(&text).with_context(|| format!("{path} names no VmHWM"))
}

fn read_stat(pid: u32) -> Result<Stat> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    stat_of(&text).with_context(|| format!("{path} is not understood"))
}

fn stat_of(text: &str) -> Option<Stat> {
    // The name stands in parentheses and may contain anything, parentheses included.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own_ticks: number(11)? + number(12)?,
        children_ticks: number(13)? + number(14)?,
    })
}

fn peak_of(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_lines() {
        let line = "42 (a (b) c) S 7 42 42 0 -1 4194304 100 0 0 0 150 50 20 5 20 0 4 0 12345 1 2";
        assert_eq!(stat_of(line), Some(Stat { parent: 7, own_ticks: 200, children_ticks: 25 }));
        for broken in ["", "42", "42 (x", "42 (x) S 7 42"] {
            assert_eq!(stat_of(broken), None, "{broken}");
        }
    }

    #[test]
    fn peak_memory() {
        let status = "Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t  100000 kB\nVmRSS:\t 5 kB\n";
        assert_eq!(peak_of(status), Some(102.4));
        assert_eq!(peak_of("Name:\tx\n"), None);
    }

    #[test]
    fn this_process() {
        let pid = std::process::id();
        let own = cpu_us(pid).unwrap();
        assert!(own >= 0.0 && family_cpu_us(pid).unwrap() >= own);
        assert!(peak_rss_mb(pid).unwrap() > 0.5);
        assert!(cpu_us(u32::MAX).is_err());
    }
}
