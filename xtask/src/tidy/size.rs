//! No file is longer than a reader can hold in mind.

use super::Violation;
use super::source::Source;

const LINES_MAX: usize = 700;

/// Longer files, each with the reason why splitting it would make it harder to read.
const EXCEPTIONS: &[(&str, &str)] = &[];

pub fn check(source: &Source) -> Vec<Violation> {
    let lines = source.lines();
    if lines <= LINES_MAX || EXCEPTIONS.iter().any(|(path, _)| *path == source.path) {
        return Vec::new();
    }
    let advice = format!("{lines} lines, at most {LINES_MAX}: split it by what changes together");
    vec![Violation::new(&source.path, LINES_MAX + 1, "file-length", advice)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_allowed_and_one_more_is_not() {
        let count = |lines: usize| check(&Source::new("crates/a/src/b.rs", &"x\n".repeat(lines))).len();
        assert_eq!((count(LINES_MAX), count(LINES_MAX + 1)), (0, 1));
    }
}
