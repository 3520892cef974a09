//! The record: a section for `bench/RESULTS.md`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::figures::Figures;
use crate::machine::Machine;
use crate::table;

pub fn append(file: &Path, figures: &Figures, machine: &Machine, quick: bool) -> Result<()> {
    let mut opened = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .with_context(|| format!("cannot open {}", file.display()))?;
    opened.write_all(section(figures, machine, quick).as_bytes())?;
    Ok(())
}

fn section(figures: &Figures, machine: &Machine, quick: bool) -> String {
    let how = if quick { ", quick run" } else { "" };
    format!("\n## {}{how}\n\n{}\n\n{}", figures.engine, machine.line(), table::markdown(figures))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Engine;

    #[test]
    fn sections_follow_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("RESULTS.md");
        let machine = Machine {
            cpu: "A CPU".into(),
            cores: 2,
            kernel: "Linux 6".into(),
            memory_gb: 8.25,
            filesystem: "ext4".into(),
        };
        for (engine, quick) in [(Engine::Sqlite, true), (Engine::Postgres, false)] {
            append(&file, &Figures::new(engine), &machine, quick).unwrap();
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(heads, ["## sqlite, quick run", "## postgres"]);
        assert!(text.contains("A CPU, 2 cores, 8.2 GB memory, Linux 6, ext4"), "{text}");
    }
}
