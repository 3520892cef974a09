//! The keys of one tenant, opened.

use aws_lc_rs::hmac;
use smallvec::SmallVec;
use tidings_domain::id::{IdSource, TenantId};
use zeroize::Zeroizing;

use super::{MasterKeys, SALT_LEN, UNREADABLE, open, seal, version_of};
use crate::error::{Result, StoreError};
use crate::model::Hash16;

/// Keeps digests apart from the hashes of single texts.
const DIGEST_SPACE: u8 = 255;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Seals records; may have several versions.
    Data,
    /// Makes the hashes of look-ups; never changes, since they could not be found again.
    Hash,
}

impl Purpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Hash => "hash",
        }
    }
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Data, Self::Hash].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// A row of `tenant_keys`.
#[derive(Debug, Clone)]
pub(crate) struct Wrapped {
    pub(crate) purpose: Purpose,
    pub(crate) version: u32,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) active: bool,
}

pub(crate) struct TenantKeys {
    tenant: TenantId,
    /// The first is the active one.
    data: Vec<(u32, Zeroizing<[u8; 32]>)>,
    hash: hmac::Key,
}

/// What a wrapped key is bound to.
fn label(tenant: TenantId, purpose: Purpose, version: u32) -> Vec<u8> {
    let mut label = purpose.as_str().as_bytes().to_vec();
    label.extend_from_slice(tenant.as_bytes());
    label.extend_from_slice(&version.to_be_bytes());
    label
}

impl TenantKeys {
    /// A new key, ready for its row.
    pub(crate) fn mint(
        masters: &MasterKeys,
        ids: &IdSource,
        tenant: TenantId,
        purpose: Purpose,
        version: u32,
    ) -> Wrapped {
        let mut key = Zeroizing::new([0; 32]);
        ids.random(&mut *key);
        let wrapped = masters.wrap(ids, &label(tenant, purpose, version), &key);
        Wrapped { purpose, version, wrapped, active: true }
    }

    /// The rows of a new tenant.
    pub(crate) fn mint_all(masters: &MasterKeys, ids: &IdSource, tenant: TenantId) -> [Wrapped; 2] {
        [Purpose::Data, Purpose::Hash].map(|purpose| Self::mint(masters, ids, tenant, purpose, 1))
    }

    /// The same key under the newest master key; `None` if it is already.
    pub(crate) fn rewrap(
        masters: &MasterKeys,
        ids: &IdSource,
        tenant: TenantId,
        row: &Wrapped,
    ) -> Result<Option<Wrapped>> {
        if masters.is_current(&row.wrapped) {
            return Ok(None);
        }
        let label = label(tenant, row.purpose, row.version);
        let key = masters.unwrap(&label, &row.wrapped)?;
        Ok(Some(Wrapped { wrapped: masters.wrap(ids, &label, &key), ..row.clone() }))
    }

    pub(crate) fn open(masters: &MasterKeys, tenant: TenantId, rows: &[Wrapped]) -> Result<Self> {
        let mut data = Vec::new();
        let mut hash = None;
        for row in rows {
            let key = masters.unwrap(&label(tenant, row.purpose, row.version), &row.wrapped)?;
            match row.purpose {
                Purpose::Data if row.active => data.insert(0, (row.version, key)),
                Purpose::Data => data.push((row.version, key)),
                Purpose::Hash => hash = Some(hmac::Key::new(hmac::HMAC_SHA256, &*key)),
            }
        }
        let hash = hash.ok_or(StoreError::Corrupt("a tenant has no hash key"))?;
        if data.is_empty() {
            return Err(StoreError::Corrupt("a tenant has no data key"));
        }
        Ok(Self { tenant, data, hash })
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What a record's key and its tag are bound to: tenant, table, row, key version.
    fn context(&self, table: &str, row: &[u8], version: u32) -> SmallVec<[u8; 96]> {
        let mut context = SmallVec::new();
        context.extend_from_slice(self.tenant.as_bytes());
        context.push(u8::try_from(table.len()).expect("table names are short"));
        context.extend_from_slice(table.as_bytes());
        context.extend_from_slice(row);
        context.extend_from_slice(&version.to_be_bytes());
        context
    }

    pub(crate) fn seal(&self, salt: [u8; SALT_LEN], table: &str, row: &[u8], plain: &[u8]) -> Vec<u8> {
        let (version, key) = &self.data[0];
        seal(key, *version, salt, &self.context(table, row, *version), plain)
    }

    pub(crate) fn open_record(&self, table: &str, row: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        let version = version_of(data)?;
        let (_, key) = self.data.iter().find(|(each, _)| *each == version).ok_or(UNREADABLE)?;
        open(key, &self.context(table, row, version), data)
    }

    /// A keyed digest of several parts, each delimited by its length.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(&[DIGEST_SPACE]);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("HMAC-SHA256 makes 32 bytes")
    }

    /// A keyed hash of a text; `space` keeps the kinds of hashed things apart.
    pub(crate) fn hash(&self, space: u8, text: &str) -> Hash16 {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(&[space]);
        context.update(text.as_bytes());
        let mut out = [0; 16];
        out.copy_from_slice(&context.sign().as_ref()[..16]);
        Hash16(out)
    }
}
