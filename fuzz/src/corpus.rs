//! The samples that a target begins with: files under `corpus/<target>/`, samples of the shapes that were seen and
//! whatever once failed.

use std::path::PathBuf;

/// The folder of a target's samples.
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// All samples in the order of their names.
pub fn samples(target: &str) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder(target))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.push((name, std::fs::read(&path)?));
    }
    found.sort();
    Ok(found)
}
