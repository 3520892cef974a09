//! Everything the rules look at, read once.

use super::bans::{Ban, Graph};
use super::directions::Package;
use super::modules::{self, Root};
use super::source::Source;
use crate::command;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files other than Rust that people write.
const TEXT_KINDS: [&str; 10] = ["md", "toml", "yml", "yaml", "sh", "sql", "css", "js", "html", "service"];

/// A text file that is not Rust.
pub struct Text {
    pub path: String,
    pub text: String,
}

pub struct Tree {
    pub root: PathBuf,
    pub sources: Vec<Source>,
    pub texts: Vec<Text>,
    pub packages: Vec<Package>,
    /// Files that some crate compiles, and whether only for tests.
    pub reached: BTreeMap<String, bool>,
    pub bans: Vec<Ban>,
    /// An error if Cargo.lock does not fit the manifests.
    pub graph: Result<Graph>,
}

impl Tree {
    pub fn load(root: &Path) -> Result<Tree> {
        let (mut sources, mut texts) = (Vec::new(), Vec::new());
        walk(root, root, &mut sources, &mut texts)?;
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        let metadata = metadata()?;
        let packages = metadata.packages.into_iter().map(|raw| raw.read(root)).collect::<Result<Vec<_>>>()?;
        let roots: Vec<Root> = packages.iter().flat_map(|package| package.roots.clone()).collect();
        let reached = modules::reach(&roots, &sources);
        for source in &mut sources {
            source.is_test = reached.get(&source.path).copied().unwrap_or(false);
        }
        let deny = std::fs::read_to_string(root.join("deny.toml")).context("deny.toml")?;
        let bans = super::bans::read(&deny)?;
        let graph =
            command::output(&mut command::cargo(super::bans::CARGO_TREE)).map(|tree| Graph::read(&tree));
        Ok(Tree { root: root.to_path_buf(), sources, texts, packages, reached, bans, graph })
    }
}

fn walk(root: &Path, folder: &Path, sources: &mut Vec<Source>, texts: &mut Vec<Text>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let is_ours =
                name != ".git" && !path.join("CACHEDIR.TAG").exists() && !path.join(".git").exists();
            if is_ours {
                walk(root, &path, sources, texts)?;
            }
            continue;
        }
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        if kind != "rs" && !TEXT_KINDS.contains(&kind) {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let path = relative(root, &path);
        if kind == "rs" {
            sources.push(Source::new(&path, &text));
        } else {
            texts.push(Text { path, text });
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn metadata() -> Result<Metadata> {
    let mut cargo = command::cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked"]);
    serde_json::from_str(&command::output(&mut cargo)?).context("cargo metadata")
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<RawPackage>,
}

#[derive(Deserialize)]
struct RawPackage {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<RawDependency>,
    targets: Vec<RawTarget>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct RawTarget {
    kind: Vec<String>,
    src_path: PathBuf,
}

impl RawPackage {
    fn read(self, root: &Path) -> Result<Package> {
        let manifest_text = std::fs::read_to_string(&self.manifest_path)?;
        let manifest: toml::Table = toml::from_str(&manifest_text)?;
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")?.as_bool());
        let is_test_crate = self.name == "tidings-tests";
        let is_test = |target: &RawTarget| is_test_crate || target.kind.iter().any(|kind| kind == "test");
        let targets = self.targets.iter();
        let roots =
            targets.map(|target| Root { path: relative(root, &target.src_path), is_test: is_test(target) });
        let dependencies = self.dependencies.into_iter();
        Ok(Package {
            name: self.name,
            roots: roots.collect(),
            manifest: relative(root, &self.manifest_path),
            manifest_text,
            inherits_lints: lints == Some(true),
            dependencies: dependencies.map(|raw| (raw.name, raw.kind.as_deref() == Some("dev"))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_walk_leaves_out_what_is_built_and_what_is_not_text() {
        let root = std::env::temp_dir().join(format!("tidings-tidy-{}", std::process::id()));
        for (path, text) in [
            ("src/lib.rs", "//! One.\n"),
            ("docs/guide.md", "# Guide\n"),
            ("docs/picture.png", "no text"),
            (".git/hook.sh", "exit 1\n"),
            ("built/CACHEDIR.TAG", "Signature\n"),
            ("built/generated.rs", "fn a() {}\n"),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let (mut sources, mut texts) = (Vec::new(), Vec::new());
        let walked = walk(&root, &root, &mut sources, &mut texts);
        fs::remove_dir_all(&root).expect("removed");
        walked.expect("readable");
        assert_eq!(sources.iter().map(|source| source.path.as_str()).collect::<Vec<_>>(), ["src/lib.rs"]);
        assert_eq!(texts.iter().map(|text| text.path.as_str()).collect::<Vec<_>>(), ["docs/guide.md"]);
    }

    #[test]
    fn a_package_is_read_with_its_roots_and_its_tests_only_dependencies() {
        let raw: RawPackage = serde_json::from_value(serde_json::json!({
            "name": "xtask",
            "manifest_path": command::root().join("xtask/Cargo.toml"),
            "dependencies": [{"name": "a", "kind": null}, {"name": "b", "kind": "dev"}],
            "targets": [
                {"kind": ["lib"], "src_path": command::root().join("xtask/src/lib.rs")},
                {"kind": ["test"], "src_path": command::root().join("xtask/tests/it.rs")},
            ],
        }))
        .expect("the shape of cargo metadata");
        let package = raw.read(&command::root()).expect("our own manifest");
        assert!(package.inherits_lints);
        assert_eq!(package.dependencies, [("a".to_string(), false), ("b".to_string(), true)]);
        let roots: Vec<_> = package.roots.iter().map(|root| (root.path.as_str(), root.is_test)).collect();
        assert_eq!(roots, [("xtask/src/lib.rs", false), ("xtask/tests/it.rs", true)]);
    }
}
