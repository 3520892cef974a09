//! All inbound HTTP: the API, the callbacks of providers, the console, and what operators scrape.
//!
//! Handlers are thin: they read the request, call the engine function that does the work (and checks the
//! permission), and write the answer. [`front`] answers the busiest routes, [`router`] has the
//! whole tree, [`server`] the listener, [`edge`] what every request passes through.

pub mod api;
pub mod callbacks;
pub mod console;
pub mod docs;
pub mod edge;
pub mod error;
pub mod extract;
pub mod front;
pub mod limits;
pub mod ops;
pub mod problem;
pub(crate) mod public;
pub mod router;
pub mod server;
pub mod state;

pub use front::Front;
pub use ops::process_metrics::{ProcessFigures, ProcessProbe};
pub use router::{bare_router, router};
pub use server::serve;
pub use server::tls::TlsFiles;
pub use state::{AppState, Public};
