//! Imports: a file is received whole and sealed in portions, then read portion by portion behind the request. Good
//! lines count, bad ones are kept with the reason.

mod consents;
mod contacts;
mod desk;
mod layout;
mod receive;
mod report;
mod work;

pub use consents::Defaults;
pub(crate) use contacts::DIVIDER;
pub use receive::Receiving;
pub use report::ImportReport;
pub(crate) use work::run;
