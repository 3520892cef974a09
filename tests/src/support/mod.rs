//! A whole product in one process, with a simulated provider on loopback: what the product tests speak to.

mod app;
mod clock;
mod cluster;
mod database;
mod deliver;
mod environment;
mod http;
mod mount;
mod mta;
mod pair;
mod program;
mod redact;
mod rest;
mod rig;
mod smsc;
mod tenant;
mod wait;
mod wire;

pub use app::{Options, TestApp, provider, quick_provider};
pub use clock::ShiftedClock;
pub use cluster::{Cluster, Taken, certificates};
pub use database::{Database, Storage, with_postgres, with_storage};
pub use environment::{chromium, leaves_out, long, program};
pub use http::{Answer, Http};
pub use mount::SmallDisk;
pub use mta::{Mta, dkim_verdict};
pub use pair::Pair;
pub use program::{Program, Served, free_port, machine_us};
pub use redact::redact;
pub use rest::at_rest;
pub use rig::{Rig, Setting};
pub use smsc::Smsc;
pub use tenant::{Tenant, phone, sign};
pub use wait::eventually;

/// Makes each test twice, once on SQLite and once on PostgreSQL.
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($storage:ident: $place:ty) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn on($storage: $place) $body

            #[test]
            fn sqlite() {
                $crate::support::with_storage("sqlite", on);
            }

            #[test]
            fn postgres() {
                $crate::support::with_storage("postgres", on);
            }
        }
    )*};
}

/// An inline snapshot in a test that runs on both engines: the same text is met twice.
#[macro_export]
macro_rules! shows {
    ($value:expr, @$text:literal) => {{
        let value = $value;
        insta::allow_duplicates! { insta::assert_snapshot!(value, @$text); }
    }};
}
