//! The installation's keys: they never enter the store, and only wrap what is in it.

use std::fmt;

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

/// All versions that are still needed; the newest wraps.
#[derive(Clone)]
pub struct MasterKeys(Vec<MasterKey>);

impl MasterKeys {
    pub fn single(key: [u8; 32]) -> Self {
        Self(vec![MasterKey::new(1, key)])
    }
    /// `None` if there is no key or a version comes twice.
    pub fn new(mut keys: Vec<MasterKey>) -> Option<Self> {
        keys.sort_by_key(|key| key.version);
        let distinct = keys.windows(2).all(|pair| pair[0].version != pair[1].version);
        (distinct && !keys.is_empty()).then_some(Self(keys))
    }
    fn newest(&self) -> &MasterKey {
        self.0.last().expect("there is at least one key")
    }
    /// Whether the wrapping is by the newest master key.
    pub(crate) fn is_current(&self, wrapped: &[u8]) -> bool {
        version_of(wrapped).is_ok_and(|version| version == self.newest().version)
    }
    pub(crate) fn wrap(&self, ids: &IdSource, label: &[u8], key: &[u8; 32]) -> Vec<u8> {
        let mut salt = [0; 16];
        ids.random(&mut salt);
        let master = self.newest();
        seal(&master.key, master.version, salt, label, key)
    }
    pub(crate) fn unwrap(&self, label: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
        let version = version_of(wrapped)?;
        let master = self.0.iter().find(|key| key.version == version).ok_or(UNREADABLE)?;
        let plain = Zeroizing::new(open(&master.key, label, wrapped)?);
        Ok(Zeroizing::new(plain.as_slice().try_into().map_err(|_| UNREADABLE)?))
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({} versions)", self.0.len())
    }
}
