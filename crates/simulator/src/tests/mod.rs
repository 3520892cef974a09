//! Tests through the public surface.

mod admin;
mod codes;
mod edge;
mod faults;
mod kinds;
mod limits;
mod media;
mod nodes;
mod rig;
mod template;
mod webhooks;
