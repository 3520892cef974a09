//! A small file system of its own, where the machine allows one to be mounted.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Unmounted when dropped.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where mounting is not allowed.
    pub fn mount(megabytes: usize) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let size = format!("size={megabytes}m,mode=0777");
        run("mount", &["-t", "tmpfs", "-o", &size, "none", path(dir.path())]).then_some(Self(dir))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Space returns.
    pub fn grow(&self, megabytes: usize) {
        let size = format!("remount,size={megabytes}m");
        assert!(run("mount", &["-o", &size, path(self.0.path())]), "a mounted file system can grow");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever has files open there keeps it alive until the end; the name goes at once.
        run("umount", &["--lazy", path(self.0.path())]);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a test's directory is text")
}

fn run(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
