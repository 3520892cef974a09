//! The stores of an installation by the name of their region. A tenant's data never leaves its region.

use std::sync::Arc;

use crate::store::Store;

/// In the order of the configuration; the first is the default.
#[derive(Clone)]
pub struct Regions(Arc<[Store]>);

impl Regions {
    /// `None` if there is no store or a name comes twice.
    pub fn new(stores: Vec<Store>) -> Option<Self> {
        let distinct = stores
            .iter()
            .enumerate()
            .all(|(n, store)| stores[..n].iter().all(|other| other.region() != store.region()));
        (distinct && !stores.is_empty()).then(|| Self(stores.into()))
    }
    pub fn default_store(&self) -> &Store {
        &self.0[0]
    }
    pub fn get(&self, name: &str) -> Option<&Store> {
        self.0.iter().find(|store| store.region() == name)
    }
    pub fn iter(&self) -> impl Iterator<Item = &Store> {
        self.0.iter()
    }
    /// The region that a token names: `tdk_<region>_…`, `tdi_<region>_…`.
    pub fn by_token(&self, token: &str) -> Option<&Store> {
        let mut parts = token.splitn(3, '_');
        let prefix = parts.next()?;
        let region = parts.next()?;
        parts.next()?;
        ["tdk", "tdi"].contains(&prefix).then(|| self.get(region)).flatten()
    }
}
