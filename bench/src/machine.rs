//! A description of the machine, so that figures can be compared.

use std::fs;
use std::path::Path;

#[derive(Debug, Clone)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub kernel: String,
    pub memory_gb: f64,
    pub filesystem: String,
}

impl Machine {
    /// `dir` is where the stores are.
    pub fn describe(dir: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let unknown = || "unknown".to_owned();
        let dir = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            memory_gb: field(&read("/proc/meminfo"), "MemTotal").map_or(0.0, |text| kib_as_gb(&text)),
            filesystem: filesystem_of(&read("/proc/self/mounts"), &dir).unwrap_or_else(unknown),
        }
    }

    pub fn line(&self) -> String {
        let Self { cpu, cores, kernel, memory_gb, filesystem } = self;
        format!("{cpu}, {cores} cores, {memory_gb:.1} GB memory, {kernel}, {filesystem}")
    }
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib_as_gb(text: &str) -> f64 {
    text.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1_024.0 / 1e9
}

/// The type of the file system that holds the folder: the longest mount point above it, the last if mounted over.
fn filesystem_of(mounts: &str, dir: &Path) -> Option<String> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        dir.starts_with(point).then_some((point.len(), kind))
    });
    mounted.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filesystem_of_a_folder() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/disk xfs rw 0 0\n";
        for (dir, kind) in
            [("/home/x", "ext4"), ("/tmp/x", "tmpfs"), ("/tmp/disk/y", "xfs"), ("/tmpx", "ext4")]
        {
            assert_eq!(filesystem_of(mounts, Path::new(dir)).as_deref(), Some(kind), "{dir}");
        }
        assert_eq!(filesystem_of("", Path::new("/")), None);
    }

    #[test]
    fn fields() {
        assert_eq!(
            field("a\t: 1\nmodel name\t: Some CPU @ 2 GHz\n", "model name").unwrap(),
            "Some CPU @ 2 GHz"
        );
        assert!((kib_as_gb("8000000 kB") - 8.192).abs() < 1e-9);
        assert!(Machine::describe(Path::new("/")).cores >= 1);
    }
}
