//! Rules that tenants write in CEL, the Common Expression Language.
//!
//! The library parses; what it parsed is checked here against the declared variables and becomes a tree of our own,
//! whose cost is known before it is kept. So no text of a tenant's can take long or fail while a message is judged.

mod check;
mod eval;
mod tree;
mod variables;

pub(crate) use variables::Seen;
pub use variables::VARIABLES;

use cel::parser::PrattParser;

use tree::Node;

use crate::limits::{CEL_DEPTH_MAX, CEL_NODES_MAX, CEL_SOURCE_BYTES_MAX};

/// An expression that was checked: it yields true or false for whatever a message shows.
#[derive(Debug)]
pub struct Expression {
    root: Node,
    /// Steps that an evaluation takes at most.
    pub cost: u32,
    uses: Uses,
    /// Categories and topics whose consent it asks for.
    purposes: Vec<Box<str>>,
}

/// What an expression looks at, beside what every message shows at any time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// What is sealed once the message is taken in.
    pub(crate) content: bool,
    /// What changes until the message is due.
    pub(crate) time: bool,
    /// The tags of the contact, which are read for them.
    pub(crate) tags: bool,
}

/// Why an expression was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Line and column, both from 1; 0 where no place is to blame.
    pub line: usize,
    pub column: usize,
    pub text: String,
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.text),
            line => write!(f, "Line {line}, column {}: {}", self.column, self.text),
        }
    }
}

impl Misfit {
    fn whole(text: impl Into<String>) -> Self {
        Self { line: 0, column: 0, text: text.into() }
    }

    /// At the first place where a text stands in quotes.
    fn in_quotes(source: &str, inner: &str, text: impl Into<String>) -> Self {
        let at = ['"', '\''].iter().filter_map(|quote| source.find(&format!("{quote}{inner}{quote}"))).min();
        let Some(at) = at else { return Self::whole(text) };
        let before = &source[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, text: text.into() }
    }

    /// At the first place where a word stands in the source, texts in quotes left out.
    fn at(source: &str, word: &str, text: impl Into<String>) -> Self {
        let (line, column) = place(source, word).unwrap_or((0, 0));
        Self { line, column, text: text.into() }
    }
}

impl Expression {
    pub fn compile(source: &str) -> Result<Self, Misfit> {
        if source.len() > CEL_SOURCE_BYTES_MAX {
            return Err(Misfit::whole(format!("Write the rule in at most {CEL_SOURCE_BYTES_MAX} bytes.")));
        }
        let parser = PrattParser::new()
            .max_recursion_depth(CEL_DEPTH_MAX)
            .max_expression_node_count(CEL_NODES_MAX)
            .error_recovery_limit(1);
        let parsed = parser.parse(source).map_err(|errors| match errors.errors.first() {
            None => Misfit::whole("The rule cannot be read."),
            Some(error) => {
                let from_one = |n: isize| usize::try_from(n).unwrap_or(0);
                let text = error.msg.trim_start_matches("Syntax error: ").to_owned();
                Misfit { line: from_one(error.pos.0), column: from_one(error.pos.1), text }
            }
        })?;
        check::check(source, &parsed)
    }

    /// Whether the rule applies to a message.
    pub(crate) fn holds(&self, seen: &Seen<'_>) -> bool {
        eval::is_true(&self.root, seen)
    }

    /// The first category or topic that it names and that there is not.
    pub(crate) fn check_purposes(&self, source: &str, known: impl Fn(&str) -> bool) -> Result<(), Misfit> {
        let Some(unknown) = self.purposes.iter().find(|purpose| !known(purpose)) else { return Ok(()) };
        let text = format!("There is no category and no topic `{unknown}`.");
        Err(Misfit::in_quotes(source, unknown, text))
    }

    pub(crate) fn purposes(&self) -> &[Box<str>] {
        &self.purposes
    }

    pub(crate) fn uses(&self) -> Uses {
        self.uses
    }
}

/// Line and column of a word outside quotes.
fn place(source: &str, word: &str) -> Option<(usize, usize)> {
    let mut quote: Option<char> = None;
    let (mut line, mut column) = (1, 1);
    let mut before = ' ';
    for (at, letter) in source.char_indices() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if quote.is_none() && source[at..].starts_with(word) {
            let after = source[at + word.len()..].chars().next().unwrap_or(' ');
            let bounded = !word.starts_with(is_word) || !is_word(before) && !is_word(after);
            if bounded {
                return Some((line, column));
            }
        }
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter && before != '\\' => quote = None,
            _ => {}
        }
        (line, column) = if letter == '\n' { (line + 1, 1) } else { (line, column + 1) };
        before = letter;
    }
    None
}

#[cfg(test)]
mod tests;
