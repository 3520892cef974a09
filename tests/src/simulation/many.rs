//! Many seeds, one world per thread.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::drive::{Summary, Trouble, run};

/// What many runs were like together.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    pub runs: u64,
    pub messages: u64,
    pub submissions: u64,
    pub lives: u64,
    pub virtual_s: i64,
    pub faults: BTreeMap<&'static str, u64>,
}

impl Totals {
    pub fn add(&mut self, run: &Summary) {
        self.runs += 1;
        self.messages += run.messages as u64;
        self.submissions += run.submissions as u64;
        self.lives += run.lives as u64;
        self.virtual_s += run.virtual_s;
        for (kind, count) in &run.faults {
            *self.faults.entry(kind).or_default() += count;
        }
    }
}

/// Plays all seeds and tells of each as it ends; stops early after `failures_max` failures.
pub fn run_many(
    seeds: Range<u64>,
    threads: usize,
    failures_max: usize,
    tell: impl Fn(u64, &Result<Summary, Trouble>) + Sync,
) -> (Totals, Vec<(u64, Trouble)>) {
    let next = AtomicU64::new(seeds.start);
    let done = Mutex::new((Totals::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || done.lock().1.len() >= failures_max {
                        return;
                    }
                    let ended = run(seed);
                    tell(seed, &ended);
                    let mut done = done.lock();
                    match ended {
                        Ok(run) => done.0.add(&run),
                        Err(trouble) => done.1.push((seed, trouble)),
                    }
                }
            });
        }
    });
    done.into_inner()
}
