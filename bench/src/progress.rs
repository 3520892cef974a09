//! Progress goes to standard error; standard output is for the result alone.

use std::io::Write;

pub fn say(text: impl std::fmt::Display) {
    // A closed standard error is no reason to stop measuring.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
