//! The project's own rules, checked in a second: each is a small function over the sources, in a file of its own,
//! and says what to do instead. What clippy or rustc can check is left to them.

mod bans;
mod clients;
mod directions;
mod files;
mod functions;
mod limits;
mod links;
mod modules;
mod size;
mod sleeps;
mod source;
mod sql;
mod stages;
mod stats;
mod tree;
mod words;

use anyhow::{Result, bail};
use std::fmt;
use std::process::ExitCode;
use std::time::Instant;
use tree::Tree;

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    pub advice: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Violation {
        Violation { path: path.to_string(), line, rule, advice: advice.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}

pub fn run(args: &[String]) -> Result<ExitCode> {
    let with_stats = match args {
        [] => false,
        [flag] if flag == "--stats" => true,
        _ => bail!("tidy knows --stats and nothing else"),
    };
    check(with_stats)?;
    Ok(ExitCode::SUCCESS)
}

pub fn check(with_stats: bool) -> Result<()> {
    let start = Instant::now();
    let tree = Tree::load(&crate::command::root())?;
    let mut violations = all_rules(&tree);
    violations.sort();
    for violation in &violations {
        println!("{violation}");
    }
    if with_stats {
        print!("{}", stats::report(&tree.sources));
    }
    if !violations.is_empty() {
        bail!("{} violations", violations.len());
    }
    println!("tidy: {} Rust files follow the rules ({} ms)", tree.sources.len(), start.elapsed().as_millis());
    Ok(())
}

fn all_rules(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for source in &tree.sources {
        found.extend(sql::check(source));
        found.extend(clients::check(source));
        found.extend(stages::check(source));
        found.extend(size::check(source));
        found.extend(functions::check(source));
        found.extend(words::check(source));
        found.extend(limits::check(source));
        found.extend(sleeps::check(source));
        found.extend(files::check_source(source));
    }
    for text in &tree.texts {
        found.extend(files::check_text(text));
        found.extend(words::check_text(text));
        found.extend(links::check(text, &|path| tree.root.join(path).exists()));
    }
    found.extend(modules::unreached(&tree.sources, &tree.reached));
    found.extend(directions::check(&tree.packages));
    match &tree.graph {
        Ok(graph) => found.extend(bans::check(&tree.bans, graph)),
        Err(error) => {
            found.push(Violation::new("Cargo.lock", 1, "lock", format!("bring it up to date: {error:#}")))
        }
    }
    found
}
