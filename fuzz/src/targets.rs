//! The list of targets.

use crate::{callbacks, graph, intents, names};

/// One surface: its name is also that of its folder under `corpus/`.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    /// Panics on what must not be.
    pub run: fn(&[u8]),
}

pub const TARGETS: [Target; 8] = [
    Target { name: "webhook", run: callbacks::webhook },
    Target { name: "signature", run: callbacks::signature },
    Target { name: "graph_error", run: graph::answer },
    Target { name: "templates", run: graph::templates },
    Target { name: "intent", run: intents::intent },
    Target { name: "phone", run: names::phone },
    Target { name: "bsuid", run: names::bsuid },
    Target { name: "type_id", run: names::type_id },
];

/// Fails on eight bytes that nobody meets by chance: a fuzzer that finds them is guided by coverage. It is no
/// target, but the proof that `cargo xtask fuzz` begins with.
pub const PLANTED: Target = Target { name: "planted", run: planted };

pub fn by_name(name: &str) -> Option<Target> {
    TARGETS.into_iter().chain([PLANTED]).find(|target| target.name == name)
}

fn planted(bytes: &[u8]) {
    let mut met = 0;
    for (given, wanted) in bytes.iter().zip(b"in doubt") {
        if given != wanted {
            return;
        }
        met += 1;
    }
    assert!(met < 8, "the planted fault was found");
}
