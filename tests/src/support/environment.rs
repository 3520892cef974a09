//! What `cargo xtask test` tells the tests about the machine.
#![expect(clippy::disallowed_methods, reason = "the one place in the tests that reads the environment")]

use std::path::PathBuf;

/// Whether a part was left out by choice: `postgres`, `browser`, `smpp`.
pub fn leaves_out(part: &str) -> bool {
    std::env::var("TIDINGS_TEST_WITHOUT").is_ok_and(|list| list.split(',').any(|each| each.trim() == part))
}

/// Whether long runs were asked for.
pub fn long() -> bool {
    std::env::var_os("TIDINGS_TEST_LONG").is_some()
}

/// The administrator's address of a PostgreSQL server.
pub(super) fn postgres_url() -> String {
    std::env::var("TIDINGS_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!("these tests need a PostgreSQL server: run `cargo xtask test`, or leave it out with --without postgres")
    })
}

/// Where PostgreSQL's own programs are: of the newest version that Debian installed, or on the path.
pub(super) fn postgres_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, bin)| bin);
    newest.or_else(|| on_path("initdb")?.parent().map(PathBuf::from)).unwrap_or_else(|| {
        panic!("these tests need PostgreSQL's server programs: run `cargo xtask test`, or leave them out with --without postgres")
    })
}

pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The `tidings` program: named by `cargo xtask test`, else beside the test program.
pub fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("TIDINGS_TEST_BIN") {
        return path.into();
    }
    let own = std::env::current_exe().expect("a running program has a path");
    let beside = own.parent().and_then(|deps| deps.parent()).map(|debug| debug.join("tidings"));
    match beside.filter(|path| path.exists()) {
        Some(path) => path,
        None => panic!(
            "the `tidings` program is not built: run `cargo xtask test`, or `cargo build --workspace --bins` first"
        ),
    }
}

/// Chromium, or `None` where it was left out by choice.
pub fn chromium() -> Option<PathBuf> {
    if leaves_out("browser") {
        return None;
    }
    if let Some(path) = std::env::var_os("TIDINGS_TEST_CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join("chromium")).find(|file| file.exists());
    Some(found.unwrap_or_else(|| {
        panic!("these tests need Chromium: run `cargo xtask test`, or leave it out with --without browser")
    }))
}

/// The mail server of Debian's `exim4-daemon-light`, or `None` where it was left out by choice.
pub fn exim() -> Option<PathBuf> {
    if leaves_out("mta") {
        return None;
    }
    let found = std::env::var_os("TIDINGS_TEST_EXIM")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from("/usr/sbin/exim4")).filter(|path| path.exists()));
    Some(found.unwrap_or_else(|| {
        panic!("these tests need a mail server: run `cargo xtask test`, or leave it out with --without mta")
    }))
}

/// A Python that has the SMPP server, or `None` where it was left out by choice.
pub(super) fn smpp_python() -> Option<PathBuf> {
    if leaves_out("smpp") {
        return None;
    }
    let python = std::env::var_os("TIDINGS_TEST_SMPP_PYTHON").unwrap_or_else(|| {
        panic!("these tests need an SMPP server: run `cargo xtask test`, or leave it out with --without smpp")
    });
    Some(python.into())
}
