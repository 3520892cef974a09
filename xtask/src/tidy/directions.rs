//! Which crate may know which: the directions of `ARCHITECTURE.md`, and that every crate inherits the lints.

use super::Violation;
use super::modules::Root;
use std::collections::BTreeSet;

const RULE: &str = "direction";

/// Each crate with the crates of ours it may name. `None` is a crate that may name any, and that none may name.
const ALLOWED: &[(&str, Option<&[&str]>)] = &[
    ("tidings-domain", Some(&[])),
    ("tidings-store", Some(&["tidings-domain"])),
    ("tidings-providers", Some(&["tidings-domain"])),
    ("tidings-outlets", Some(&["tidings-domain"])),
    ("tidings-engine", Some(&["tidings-domain", "tidings-store"])),
    ("tidings-web", Some(&["tidings-domain", "tidings-engine"])),
    ("tidings-simulator", Some(&[])),
    (
        "tidings",
        Some(&[
            "tidings-domain",
            "tidings-store",
            "tidings-providers",
            "tidings-outlets",
            "tidings-engine",
            "tidings-web",
            "tidings-simulator",
        ]),
    ),
    ("tidings-tests", None),
    ("tidings-bench", None),
    ("tidings-fuzz", Some(&["tidings-domain", "tidings-providers"])),
    ("xtask", Some(&[])),
];

/// A crate of the workspace, as its manifest describes it.
pub struct Package {
    pub name: String,
    pub manifest: String,
    pub manifest_text: String,
    pub inherits_lints: bool,
    /// Name, and whether it is for tests only.
    pub dependencies: Vec<(String, bool)>,
    pub roots: Vec<Root>,
}

impl Package {
    fn line_of(&self, dependency: &str) -> usize {
        line_of_key(&self.manifest_text, dependency)
    }
}

/// The line on which a manifest sets a key, or 1.
pub fn line_of_key(manifest: &str, key: &str) -> usize {
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(is_key).map_or(1, |index| index + 1)
}

pub fn check(packages: &[Package]) -> Vec<Violation> {
    packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Violation> {
    let mut found = Vec::new();
    if !package.inherits_lints {
        let advice = "add `[lints]` with `workspace = true`, or the project's lints do not hold here";
        found.push(Violation::new(&package.manifest, 1, "lints", advice));
    }
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
        let advice =
            format!("`{}` is new: give it a place in ARCHITECTURE.md and in {}", package.name, file!());
        found.push(Violation::new(&package.manifest, 1, RULE, advice));
        return found;
    };
    let Some(allowed) = allowed else { return found };
    // A test may use what its crate reaches anyway; that adds no direction.
    let for_tests = reachable(allowed);
    for (dependency, is_dev) in &package.dependencies {
        let is_ours = ALLOWED.iter().any(|(name, _)| name == dependency);
        let is_allowed =
            allowed.contains(&dependency.as_str()) || (*is_dev && for_tests.contains(dependency.as_str()));
        if is_ours && !is_allowed {
            let names = if allowed.is_empty() { "none of ours".to_string() } else { allowed.join(", ") };
            let advice = format!("{} may not use {dependency}, only {names}", package.name);
            found.push(Violation::new(&package.manifest, package.line_of(dependency), RULE, advice));
        }
    }
    found
}

fn reachable(names: &[&'static str]) -> BTreeSet<&'static str> {
    let mut reached: BTreeSet<&'static str> = names.iter().copied().collect();
    let mut open: Vec<&'static str> = names.to_vec();
    while let Some(name) = open.pop() {
        let next = ALLOWED.iter().find(|(other, _)| *other == name).and_then(|(_, allowed)| *allowed);
        open.extend(next.unwrap_or_default().iter().filter(|next| reached.insert(next)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
        let lines = dependencies.iter().map(|(name, _)| format!("{name}.workspace = true\n"));
        Package {
            name: name.to_string(),
            manifest: format!("crates/{name}/Cargo.toml"),
            manifest_text: format!("[dependencies]\n{}", lines.collect::<String>()),
            inherits_lints: true,
            dependencies: dependencies.iter().map(|(name, dev)| (name.to_string(), *dev)).collect(),
            roots: Vec::new(),
        }
    }

    fn advice(package: Package) -> Vec<String> {
        check(&[package]).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn the_allowed_directions_pass() {
        for (name, allowed) in ALLOWED {
            let dependencies: Vec<_> =
                allowed.unwrap_or(&["tidings-store"]).iter().map(|name| (*name, false)).collect();
            assert_eq!(advice(package(name, &dependencies)), Vec::<String>::new());
        }
        assert_eq!(advice(package("tidings-domain", &[("serde", false)])), Vec::<String>::new());
    }

    #[test]
    fn everything_else_is_named_with_its_line() {
        assert_eq!(
            advice(package("tidings-web", &[("tidings-engine", false), ("tidings-store", false)])),
            ["crates/tidings-web/Cargo.toml:3: direction: tidings-web may not use tidings-store, \
              only tidings-domain, tidings-engine"]
        );
        assert_eq!(advice(package("tidings-domain", &[("tidings-store", false)])).len(), 1);
        assert_eq!(advice(package("tidings-simulator", &[("tidings-domain", true)])).len(), 1);
        assert_eq!(advice(package("tidings-engine", &[("tidings-providers", true)])).len(), 1);
        assert_eq!(advice(package("tidings-engine", &[("tidings-tests", false)])).len(), 1);
        assert_eq!(advice(package("tidings-journal", &[])).len(), 1);
    }

    #[test]
    fn tests_may_use_what_their_crate_reaches() {
        assert!(advice(package("tidings-web", &[("tidings-store", true)])).is_empty());
        assert_eq!(advice(package("tidings-web", &[("tidings-simulator", true)])).len(), 1);
    }

    #[test]
    fn lints_are_inherited() {
        let careless = Package { inherits_lints: false, ..package("tidings-domain", &[]) };
        assert!(advice(careless)[0].contains("workspace = true"));
    }
}
