//! Keys that were verified a moment ago, so that a busy client costs one look-up a second.

use std::collections::HashMap;

use parking_lot::Mutex;
use tidings_domain::time::Timestamp;

use crate::limits::{KEY_FRESH_US, KEYS_CACHED_MAX};
use crate::model::ApiKey;
use crate::scope::TenantScope;

type Found = (TenantScope, ApiKey);

/// By the keyed hash of the token.
#[derive(Default)]
pub(crate) struct KeyCache(Mutex<HashMap<[u8; 32], (Timestamp, Found)>>);

impl KeyCache {
    pub(super) fn get(&self, hash: &[u8; 32], now: Timestamp) -> Option<Found> {
        let known = self.0.lock();
        let (at, found) = known.get(hash)?;
        (0..KEY_FRESH_US).contains(&now.since(*at)).then(|| found.clone())
    }
    pub(super) fn put(&self, hash: [u8; 32], now: Timestamp, found: Found) {
        let mut known = self.0.lock();
        if known.len() >= KEYS_CACHED_MAX {
            known.clear();
        }
        known.insert(hash, (now, found));
    }
    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }
}
