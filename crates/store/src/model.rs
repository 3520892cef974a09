//! Plain data that goes into and comes out of the store.

pub mod accounts;
pub mod audit;
pub mod consents;
pub mod contacts;
pub mod feed;
pub mod hot;
pub mod imports;
pub mod messages;
pub mod nodes;
pub mod people;
pub mod plans;
pub mod policy;
pub mod retention;
pub mod templates;
pub mod tenancy;
pub mod verifications;

pub use accounts::*;
pub use audit::*;
pub use consents::*;
pub use contacts::*;
pub use feed::*;
pub use hot::*;
pub use imports::*;
pub use messages::*;
pub use nodes::*;
pub use people::*;
pub use plans::*;
pub use policy::*;
pub use retention::*;
pub use templates::*;
pub use tenancy::*;
pub use verifications::*;
