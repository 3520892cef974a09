//! Which crate may use which library. `deny.toml` is the only list; this reads its `[bans]` and compares them with
//! the graph that cargo would build, so that the rule holds on machines without `cargo deny`.

use super::Violation;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Every edge that is compiled on some platform, once, as `<depth><name> v<version> (<path>)`.
pub const CARGO_TREE: &[&str] = &[
    "tree",
    "--workspace",
    "--locked",
    "--target",
    "all",
    "--edges",
    "normal,build,dev",
    "--prefix",
    "depth",
    "--format",
    "{p}",
];

/// A library that only `wrappers` may name; with none, nobody.
#[derive(Debug, Deserialize)]
pub struct Ban {
    #[serde(rename = "crate", alias = "name")]
    pub name: String,
    #[serde(default)]
    pub wrappers: Vec<String>,
    #[serde(default)]
    pub reason: String,
}

pub fn read(deny: &str) -> Result<Vec<Ban>> {
    #[derive(Deserialize)]
    struct File {
        bans: Bans,
    }
    #[derive(Deserialize)]
    struct Bans {
        deny: Vec<Ban>,
    }
    Ok(toml::from_str::<File>(deny).context("deny.toml")?.bans.deny)
}

/// Who depends on whom, by name.
#[derive(Debug, Default)]
pub struct Graph {
    edges: BTreeSet<(String, String)>,
}

impl Graph {
    pub fn read(tree: &str) -> Graph {
        let mut path: Vec<&str> = Vec::new();
        let mut edges = BTreeSet::new();
        for line in tree.lines() {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let Ok(depth) = line[..digits].parse::<usize>() else { continue };
            let name = line[digits..].split(' ').next().unwrap_or_default();
            path.truncate(depth);
            if let Some(parent) = path.last() {
                edges.insert((parent.to_string(), name.to_string()));
            }
            path.push(name);
        }
        Graph { edges }
    }
}

pub fn check(bans: &[Ban], graph: &Graph) -> Vec<Violation> {
    let mut found = Vec::new();
    for ban in bans {
        for (user, library) in &graph.edges {
            if *library == ban.name && !ban.wrappers.contains(user) {
                found.push(Violation::new("deny.toml", 1, "ban", advice(ban, user)));
            }
        }
    }
    found
}

fn advice(ban: &Ban, user: &str) -> String {
    let allowed = if ban.wrappers.is_empty() { "nobody".to_string() } else { ban.wrappers.join(", ") };
    format!("`{user}` depends on `{}`, which {allowed} may: {}", ban.name, ban.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
        [bans]
        deny = [
            { crate = "rusqlite", wrappers = ["tidings-store"], reason = "SQL stays in one crate" },
            { name = "ring", reason = "one cryptography library is enough" },
        ]
    "#;

    fn violations(tree: &str) -> Vec<String> {
        let bans = read(DENY).expect("it parses");
        check(&bans, &Graph::read(tree)).into_iter().map(|violation| violation.advice).collect()
    }

    #[test]
    fn wrappers_may_and_others_may_not() {
        let tree = "0tidings-store v0.1.0 (/w)\n1rusqlite v0.41.0\n2bitflags v2.0.0\n\n0tidings v0.1.0 (/w)\n1tidings-store v0.1.0 (*)\n";
        assert!(violations(tree).is_empty());
        let tree = format!("{tree}1rusqlite v0.41.0 (*)\n");
        assert_eq!(
            violations(&tree),
            ["`tidings` depends on `rusqlite`, which tidings-store may: SQL stays in one crate"]
        );
    }

    #[test]
    fn what_nobody_may_use_is_found_deep_down() {
        let tree = "0tidings v0.1.0\n1rustls v0.23.0\n2ring v0.17.0\n";
        assert_eq!(
            violations(tree),
            ["`rustls` depends on `ring`, which nobody may: one cryptography library is enough"]
        );
    }
}
