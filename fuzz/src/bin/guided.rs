//! libFuzzer around one target, which `TIDINGS_FUZZ_TARGET` names: `cargo xtask fuzz` builds it with coverage.
#![no_main]
#![expect(
    clippy::disallowed_methods,
    reason = "a chore: libFuzzer owns the arguments, so the target is named beside them"
)]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tidings_fuzz::{Target, by_name};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("TIDINGS_FUZZ_TARGET").expect("TIDINGS_FUZZ_TARGET names a target");
    by_name(&name).expect("a target of this name")
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
