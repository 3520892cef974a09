//! Millions of stored messages without waiting for them: some thousands go the whole way through the server, and
//! their rows are then repeated, with ids and times before them, straight into the tables of a stopped server.
//!
//! The rows are put back in the order of their ids, the originals last, so that tables and log have grown as if
//! all of it had happened. Only the sealed parts of the copies cannot be opened: they belong to other rows.

mod postgres;
mod rows;
mod space;
mod sqlite;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::clock;
use crate::limits::{STORED_BLOCK, STORED_REPORTS};
use crate::postgres::Database;
use crate::progress::say;

pub use space::needed;

/// Where the rows go.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    Sqlite(&'a Path),
    Postgres(&'a Database),
}

/// Repeats the finished messages of a store until it holds `wanted`; how many it then holds.
pub async fn repeat(place: Place<'_>, wanted: usize) -> Result<usize> {
    let begin = clock::now();
    let mut loader = match place {
        Place::Sqlite(file) => {
            Loader::Sqlite(Box::new(on_thread(file.to_owned(), sqlite::Loader::open).await?))
        }
        Place::Postgres(database) => Loader::Postgres(Box::new(postgres::Loader::open(&database.url).await?)),
    };
    let originals = loader.originals();
    ensure!(originals > 0, "there is no finished message to repeat");
    let blocks = wanted.div_ceil(originals);
    let report = blocks.div_ceil(STORED_REPORTS).max(STORED_BLOCK.div_ceil(originals));
    for (done, copy) in (0..blocks).rev().enumerate() {
        loader = loader.write(u32::try_from(copy)?).await?;
        if (done + 1) % report == 0 {
            let seconds = clock::seconds(begin);
            say(format_args!("{} of {wanted} messages stored in {seconds:.0} s", (done + 1) * originals));
        }
    }
    loader.finish().await?;
    let stored = blocks * originals;
    say(format_args!("{stored} messages are stored, after {:.0} s", clock::seconds(begin)));
    Ok(stored)
}

enum Loader {
    Sqlite(Box<sqlite::Loader>),
    Postgres(Box<postgres::Loader>),
}

impl Loader {
    fn originals(&self) -> usize {
        match self {
            Self::Sqlite(loader) => loader.originals(),
            Self::Postgres(loader) => loader.originals(),
        }
    }

    /// Writes one copy of everything; the copy 0 is the originals.
    async fn write(self, copy: u32) -> Result<Self> {
        match self {
            Self::Sqlite(mut loader) => {
                let write = move |()| loader.write(copy).map(|()| Self::Sqlite(loader));
                on_thread((), write).await
            }
            Self::Postgres(mut loader) => {
                loader.write(copy).await?;
                Ok(Self::Postgres(loader))
            }
        }
    }

    async fn finish(self) -> Result<()> {
        match self {
            Self::Sqlite(loader) => on_thread((), move |()| loader.finish()).await,
            Self::Postgres(loader) => loader.finish().await,
        }
    }
}

/// A step at a time, so that an interrupted benchmark ends soon.
async fn on_thread<A: Send + 'static, T: Send + 'static>(
    argument: A,
    step: impl FnOnce(A) -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(move || step(argument)).await?
}

/// The folder whose disk the rows fill, if it is on this machine.
pub async fn folder(dir: &Path, postgres: Option<&crate::postgres::Postgres>) -> Result<Option<PathBuf>> {
    match postgres {
        None => Ok(Some(dir.to_owned())),
        Some(server) if server.pid.is_none() => Ok(None),
        Some(server) => postgres::data_directory(&server.admin_url).await.map(Some),
    }
}

#[cfg(test)]
mod tests;
