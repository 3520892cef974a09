//! What went wrong in a run, counted by kind.

use std::collections::BTreeMap;

use parking_lot::Mutex;

#[derive(Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    pub fn add(&self, kind: &'static str, count: u64) {
        if count > 0 {
            *self.0.lock().entry(kind).or_default() += count;
        }
    }

    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().clone()
    }
}
