//! What the tests share: the simulation of the whole engine on a virtual clock, the predicates that the
//! simulated provider's ledger must satisfy, and a product in one process to speak to over HTTP.

pub mod ledger;
pub mod limits;
pub mod order;
pub mod simulation;
pub mod support;
