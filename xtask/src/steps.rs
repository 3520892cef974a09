//! Named steps with a heading and a duration each, and a table of them at the end.

use anyhow::Result;
use std::io::Write;
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Steps {
    done: Vec<Done>,
}

struct Done {
    name: &'static str,
    took: Duration,
    failure: Option<String>,
}

impl Steps {
    /// Runs one step. A failure is printed and remembered; later steps decide for themselves whether they can go on.
    pub fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("\n=== {name} ===");
        flush();
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        let (value, failure) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        if let Some(failure) = &failure {
            println!("{name} failed: {failure}");
        }
        println!("=== {name}: {} in {} ===", word(failure.is_none()), seconds(took));
        flush();
        self.done.push(Done { name, took, failure });
        value
    }

    pub fn all_passed(&self) -> bool {
        self.done.iter().all(|step| step.failure.is_none())
    }

    /// One line per step, then the total.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for step in &self.done {
            let verdict = word(step.failure.is_none());
            table.push_str(&format!("{:<12} {:>9}  {verdict}\n", step.name, seconds(step.took)));
        }
        let total = self.done.iter().map(|step| step.took).sum();
        table.push_str(&format!("{:<12} {:>9}\n", "total", seconds(total)));
        table
    }
}

fn word(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

fn seconds(took: Duration) -> String {
    let whole = took.as_secs();
    if whole >= 60 {
        format!("{}m {:02}s", whole / 60, whole % 60)
    } else {
        format!("{:.1}s", took.as_secs_f64())
    }
}

/// Keeps our lines in order with those of the programs we start. A closed pipe is no reason to stop a test run.
fn flush() {
    let _ = std::io::stdout().flush();
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_failed_step_is_remembered_and_the_next_one_still_runs() {
        let mut steps = Steps::default();
        assert_eq!(steps.run("one", || Ok(1)), Some(1));
        assert!(steps.all_passed());
        assert_eq!(steps.run("two", || Err::<(), _>(anyhow!("broken"))), None);
        assert_eq!(steps.run("three", || Ok(3)), Some(3));
        assert!(!steps.all_passed());
        let table = steps.table();
        let verdicts: Vec<&str> = table.lines().filter_map(|line| line.split_whitespace().last()).collect();
        assert_eq!(verdicts[..3], ["ok", "FAILED", "ok"]);
        assert!(table.lines().last().is_some_and(|line| line.starts_with("total")));
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(1234)), "1.2s");
        assert_eq!(seconds(Duration::from_secs(61)), "1m 01s");
    }
}
