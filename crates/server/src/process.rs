//! What the kernel says of this process, for the metrics.

use std::fs;

use tidings_web::ProcessFigures;

/// Clock ticks per second in `/proc`: fixed in Linux's interface on every usual architecture.
const TICKS_PER_S: f64 = 100.0;

/// `None` where there is no `/proc`.
pub fn look() -> Option<ProcessFigures> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    Some(ProcessFigures {
        resident_bytes: number(&status, "VmRSS:")? * 1024,
        cpu_seconds: cpu_ticks(&stat)? as f64 / TICKS_PER_S,
        open_files: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
        open_files_max: number(&limits, "Max open files")?,
        threads: number(&status, "Threads:")?,
    })
}

/// The first number behind a name at the beginning of a line.
fn number(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// User and system time. The program's name stands in parentheses and may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().skip(11);
    let ticks: (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(ticks.0 + ticks.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_understood() {
        let status = "Name:\ttidings\nVmRSS:\t   1234 kB\nThreads:\t7\n";
        assert_eq!((number(status, "VmRSS:"), number(status, "Threads:")), (Some(1234), Some(7)));
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n";
        assert_eq!(number(limits, "Max open files"), Some(1024));
        assert_eq!(cpu_ticks("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 31 11 0 0 20 0 1 0 9"), Some(42));
        assert_eq!(cpu_ticks("nonsense"), None);
        let own = look().expect("Linux says it");
        assert!(own.resident_bytes > 1_000_000 && own.open_files > 2 && own.threads > 0, "{own:?}");
    }
}
