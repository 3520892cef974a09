//! What a command says: one JSON value or words on stdout, everything else on stderr.

use std::io::{self, Write};

use serde_json::Value;

/// How this run was asked to speak.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    pub json: bool,
}

impl Out {
    /// The answer: the value with `--json`, else the words.
    pub fn answer(self, value: &Value, words: impl FnOnce() -> String) -> io::Result<()> {
        let mut text = if self.json { value.to_string() } else { words() };
        if !text.ends_with('\n') && !text.is_empty() {
            text.push('\n');
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // Whoever reads us has heard enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// A word beside the answer.
    pub fn note(self, words: &str) {
        // Nobody can be told that stderr is gone.
        let _ = writeln!(io::stderr().lock(), "{words}");
    }
}
