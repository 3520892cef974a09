//! The installation's keys: they never enter the store, and only wrap what is in it.

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;
use tidings_domain::id::IdSource;
use zeroize::Zeroizing;

use super::{UNREADABLE, open, seal, version_of};
use crate::error::Result;

/// One version of the master key.
#[derive(Clone)]
pub struct MasterKey {
    pub version: u32,
    key: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    pub fn new(version: u32, key: [u8; 32]) -> Self {
        Self { version, key: Zeroizing::new(key) }
    }
}

type Source = dyn Fn() -> Option<Vec<MasterKey>> + Send + Sync;

/// All versions that are still needed; the newest wraps. Clones share what they know, so that all stores of a
/// process learn of a new key at once.
#[derive(Clone)]
pub struct MasterKeys {
    /// By version.
    known: Arc<RwLock<Vec<MasterKey>>>,
    source: Option<Arc<Source>>,
}

impl MasterKeys {
    pub fn single(key: [u8; 32]) -> Self {
        Self { known: Arc::new(RwLock::new(vec![MasterKey::new(1, key)])), source: None }
    }
    /// `None` if there is no key or a version comes twice.
    pub fn new(mut keys: Vec<MasterKey>) -> Option<Self> {
        keys.sort_by_key(|key| key.version);
        let distinct = keys.windows(2).all(|pair| pair[0].version != pair[1].version);
        let known = Arc::new(RwLock::new(keys));
        (distinct && !known.read().is_empty()).then_some(Self { known, source: None })
    }
    /// Where the keys are read again: before one is made or wrapped anew, and when a version is met that is not
    /// known. So a running process learns of a new key without a restart.
    #[must_use]
    pub fn with_source(self, source: impl Fn() -> Option<Vec<MasterKey>> + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }
    /// The version that wraps.
    pub fn newest(&self) -> u32 {
        self.known.read().last().map_or(0, |key| key.version)
    }
    pub fn knows(&self, version: u32) -> bool {
        self.find(version).is_some()
    }
    /// Adds what has come since. A key that was known stays as it was until the process ends.
    pub(crate) fn read_again(&self) {
        let Some(fresh) = self.source.as_ref().and_then(|source| source()) else { return };
        let mut known = self.known.write();
        let differs =
            |new: &MasterKey| known.iter().any(|key| key.version == new.version && key.key != new.key);
        if fresh.iter().any(differs) {
            tracing::error!(
                "a master key was replaced in its place; keys are added at the end, nothing is taken over"
            );
            return;
        }
        for new in fresh {
            if known.iter().all(|key| key.version != new.version) {
                tracing::info!(version = new.version, "a new master key is known");
                known.push(new);
            }
        }
        known.sort_by_key(|key| key.version);
    }
    fn find(&self, version: u32) -> Option<MasterKey> {
        self.known.read().iter().find(|key| key.version == version).cloned()
    }
    /// Whether the wrapping is by the newest master key.
    pub(crate) fn is_current(&self, wrapped: &[u8]) -> bool {
        version_of(wrapped).is_ok_and(|version| version == self.newest())
    }
    pub(crate) fn wrap(&self, ids: &IdSource, label: &[u8], key: &[u8; 32]) -> Vec<u8> {
        let mut salt = [0; 16];
        ids.random(&mut salt);
        let known = self.known.read();
        let master = known.last().expect("there is at least one key");
        seal(&master.key, master.version, salt, label, key)
    }
    pub(crate) fn unwrap(&self, label: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
        let version = version_of(wrapped)?;
        let master = self.find(version).or_else(|| {
            self.read_again();
            self.find(version)
        });
        let plain = Zeroizing::new(open(&master.ok_or(UNREADABLE)?.key, label, wrapped)?);
        Ok(Zeroizing::new(plain.as_slice().try_into().map_err(|_| UNREADABLE)?))
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({} versions)", self.known.read().len())
    }
}
