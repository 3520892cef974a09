//! What the tests need from the machine: where it is, and how it gets there when it is missing.

use crate::command;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Something a test needs that cargo cannot build.
pub struct Need {
    pub name: &'static str,
    pub packages: &'static [&'static str],
    pub without: &'static str,
}

pub const POSTGRES: Need =
    Need { name: "PostgreSQL server", packages: &["postgresql"], without: "--without postgres" };
pub const CHROMIUM: Need =
    Need { name: "Chromium", packages: &["chromium", "fonts-dejavu-core"], without: "--without browser" };

pub const MTA: Need =
    Need { name: "Mail server", packages: &["exim4-daemon-light", "python3-dkim"], without: "--without mta" };
/// An SMPP server that is not ours, as a package of Python's index.
const SMPP_SERVER: &str = "smpp34==1.5.0";
const PYTHON: Need =
    Need { name: "Python", packages: &["python3", "python3-venv"], without: "--without smpp" };

/// A Python that has the SMPP server: in an environment of its own below the target directory, made when it is missing.
pub fn smpp_python(target: &Path) -> Result<PathBuf> {
    let home = target.join("smpp-server");
    let python = home.join("bin/python");
    let has_it = || {
        let mut ask = Command::new(&python);
        command::output(ask.args(["-c", "import smpp34"])).is_ok()
    };
    if !has_it() {
        let system = obtain(&PYTHON, || program("python3"))?;
        println!("SMPP server is missing: installing {SMPP_SERVER} into {}", home.display());
        command::run(Command::new(system).args(["-m", "venv"]).arg(&home))?;
        command::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", SMPP_SERVER]))?;
    }
    println!("SMPP server: {}", python.display());
    Ok(python)
}

/// Debian keeps the server's programs out of PATH, one folder per major version; the newest wins.
pub fn postgres_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| has_server(bin))
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).or_else(|| search_path().into_iter().find(|dir| has_server(dir)))
}

fn has_server(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| dir.join(program).is_file())
}

pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program)
}

/// Debian's Exim, where the verifier of signatures is there as well.
pub fn exim() -> Option<PathBuf> {
    let verifier = Path::new("/usr/lib/python3/dist-packages/dkim").is_dir();
    Some(PathBuf::from("/usr/sbin/exim4")).filter(|path| verifier && path.is_file())
}

pub fn program(name: &str) -> Option<PathBuf> {
    search_path().into_iter().map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

pub fn is_root() -> Result<bool> {
    Ok(command::output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// What `find` finds; if it finds nothing, what it finds after the installation.
pub fn obtain(need: &Need, find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(path) = find() {
        println!("{}: {}", need.name, path.display());
        return Ok(path);
    }
    install(need)?;
    let found = find();
    found.ok_or_else(|| anyhow::anyhow!("{} is not found although it was just installed", need.name))
}

fn install(need: &Need) -> Result<()> {
    let Need { name, packages, without } = need;
    let list = packages.join(" ");
    if program("apt-get").is_none() || !is_root()? {
        bail!(
            "{name} is missing, and only root on Debian may install it here (apt-get install {list}); \
             install it, or leave its tests out by choice with `{without}`"
        );
    }
    println!("{name} is missing: installing {list} from this machine's Debian sources");
    command::run(&mut apt(&["update"]))?;
    command::run(apt(&["install", "-y", "--no-install-recommends"]).args(*packages))
}

fn apt(args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"]).args(args);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_used_as_it_is() {
        let path = obtain(&POSTGRES, || Some(PathBuf::from("/somewhere/bin"))).expect("found at once");
        assert_eq!(path, PathBuf::from("/somewhere/bin"));
    }

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(program("sh").is_some());
        assert!(program("no-such-program-here").is_none());
    }
}
