//! The only crate that knows SQL: SQLite and PostgreSQL behind one concrete [`Store`].
//!
//! A store is one region: one SQLite file or one PostgreSQL database. Ordinary statements are written once
//! and run on both engines; the hot path may have a text per engine, side by side. Writers group-commit.

pub mod backup;
pub(crate) mod cards;
pub(crate) mod conn;
pub(crate) mod consents;
pub mod cursor;
pub mod error;
pub(crate) mod events;
pub(crate) mod executor;
pub mod hot;
pub mod limits;
mod look;
mod meter;
pub(crate) mod migrate;
pub mod model;
pub(crate) mod ordinary;
pub(crate) mod people;
pub mod regions;
pub mod scope;
pub mod seal;
pub mod status;
pub mod store;

pub use error::StoreError;
pub use executor::{Hook, Lie};
pub use limits::{AUDIENCE_PAGE, CONTACT_TAGS_MAX};
pub use look::{Looked, look};
pub use meter::{Commits, Histogram};
pub use migrate::SCHEMA_VERSION;
pub use ordinary::{Levels, Reachable};
pub use regions::Regions;
pub use scope::{SystemScope, TenantScope};
pub use seal::MasterKeys;
pub use store::{Engine, OpenOptions, Store};
