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
    pub graph: Graph,
}

impl Tree {
    pub fn load(root: &Path) -> Result<Tree> {
        let (mut sources, mut texts) = (Vec::new(), Vec::new());
        walk(root, root, &mut sources, &mut texts)?;
        let metadata = metadata()?;
        let packages = metadata.packages.into_iter().map(|raw| raw.read(root)).collect::<Result<Vec<_>>>()?;
        let roots: Vec<Root> = packages.iter().flat_map(|package| package.roots.clone()).collect();
        let reached = modules::reach(&roots, &sources);
        for source in &mut sources {
            source.is_test = reached.get(&source.path).copied().unwrap_or(false);
        }
        let deny = std::fs::read_to_string(root.join("deny.toml")).context("deny.toml")?;
        let bans = super::bans::read(&deny)?;
        let graph = Graph::read(&command::output(&mut command::cargo(super::bans::CARGO_TREE))?);
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
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    texts.sort_by(|a, b| a.path.cmp(&b.path));
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
