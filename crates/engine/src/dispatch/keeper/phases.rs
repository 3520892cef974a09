//! How many lanes are in which phase, for the people on call.

use std::collections::BTreeMap;

use super::Keeper;
use crate::dispatch::pump::Moment;
use crate::dispatch::view;

impl Keeper {
    pub(super) fn publish_phases(&mut self) {
        let now = Moment { wall: self.engine.now(), mono_us: self.now_us() };
        let mut phases: BTreeMap<&'static str, u64> = BTreeMap::new();
        for lane in self.lanes.values_mut() {
            *phases.entry(view::phase(lane, &now).0).or_default() += 1;
        }
        self.engine.0.wakes.mailbox(&self.region).set_phases(phases);
    }
}
