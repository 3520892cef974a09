//! Files with their checksums.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

use super::FileCopy;
use crate::error::{Result, StoreError};
use crate::limits::BACKUP_BUFFER_BYTES;

pub(super) const CHANGED: StoreError =
    StoreError::Conflict("a file of the backup is missing or is not the one that was written");

/// Writes a file and its checksum in one go.
pub(super) struct Writer {
    name: String,
    file: BufWriter<File>,
    digest: Context,
    bytes: u64,
}

impl Writer {
    pub(super) fn create(folder: &Path, name: String) -> Result<Self> {
        let file = File::create_new(folder.join(&name)).map_err(unwritable)?;
        let file = BufWriter::with_capacity(BACKUP_BUFFER_BYTES, file);
        Ok(Self { name, file, digest: Context::new(&SHA256), bytes: 0 })
    }

    pub(super) fn write(&mut self, data: &[u8]) -> Result<()> {
        self.digest.update(data);
        self.bytes += data.len() as u64;
        self.file.write_all(data).map_err(unwritable)
    }

    /// Durable when this returns.
    pub(super) fn finish(self) -> Result<FileCopy> {
        let file = self.file.into_inner().map_err(|error| unwritable(error.into_error()))?;
        file.sync_all().map_err(unwritable)?;
        Ok(FileCopy { name: self.name, bytes: self.bytes, sha256: hex::encode(self.digest.finish()) })
    }
}

pub(super) fn unwritable(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::internal(error),
    }
}

/// Reads a file piece by piece.
pub(super) struct Pieces {
    file: File,
    buffer: Vec<u8>,
}

impl Pieces {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|_| CHANGED)?;
        Ok(Self { file, buffer: vec![0; BACKUP_BUFFER_BYTES] })
    }

    pub(super) fn next(&mut self) -> Result<Option<&[u8]>> {
        let n = self.file.read(&mut self.buffer).map_err(|_| CHANGED)?;
        Ok((n > 0).then(|| &self.buffer[..n]))
    }
}

/// The checksum of a file that somebody else wrote.
pub(super) fn describe(folder: &Path, name: String) -> Result<FileCopy> {
    let mut digest = Context::new(&SHA256);
    let mut bytes = 0;
    let mut pieces = Pieces::open(&folder.join(&name))?;
    while let Some(data) = pieces.next()? {
        digest.update(data);
        bytes += data.len() as u64;
    }
    Ok(FileCopy { name, bytes, sha256: hex::encode(digest.finish()) })
}

pub(super) fn verify(folder: &Path, file: &FileCopy) -> Result<()> {
    let plain = !file.name.contains(['/', '\\']) && !file.name.starts_with('.');
    if plain && describe(folder, file.name.clone())? == *file { Ok(()) } else { Err(CHANGED) }
}
