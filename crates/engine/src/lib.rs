//! The life of a message, one folder per stage, in the order in which a message meets them.
//! Read [`pipeline`] first: it composes the stages.

pub mod pipeline;

pub mod intake;

pub mod policy;

pub mod routing;

pub mod dispatch;

pub mod reconcile;

pub mod report;

pub mod admin;
pub mod caller;
pub mod catalog;
pub mod config;
pub mod consents;
pub mod contacts;
pub mod content;
pub mod error;
pub mod imports;
pub mod limits;
pub mod metrics;
pub(crate) mod office;
pub mod templates;
pub mod verifications;

pub use caller::{Caller, Operator};
pub use config::{EngineConfig, Roles};
pub use error::EngineError;
pub use pipeline::Engine;
pub use policy::PolicyDefaults;
/// The plain data that the engine hands on as it is.
pub use tidings_store::model as store_model;
pub use tidings_store::{Histogram, Levels};
