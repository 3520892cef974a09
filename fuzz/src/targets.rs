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

/// Fails on five bytes that nobody meets by chance: a fuzzer that finds them is guided by coverage. It is no
/// target, but the proof that `cargo xtask fuzz` begins with.
pub const PLANTED: Target = Target { name: "planted", run: planted };

pub fn by_name(name: &str) -> Option<Target> {
    TARGETS.into_iter().chain([PLANTED]).find(|target| target.name == name)
}

fn planted(bytes: &[u8]) {
    let mut rest = bytes.iter().copied();
    // Each byte is a branch of its own, which the compiler may not join with the next.
    let mut met = |wanted: u8, step: u8| rest.next() == Some(wanted) && std::hint::black_box(step) > 0;
    if met(b'd', 1) {
        std::hint::black_box(1);
        if met(b'o', 2) {
            std::hint::black_box(2);
            if met(b'u', 3) {
                std::hint::black_box(3);
                if met(b'b', 4) {
                    std::hint::black_box(4);
                    assert!(!met(b't', 5), "the planted fault was found");
                }
            }
        }
    }
}
