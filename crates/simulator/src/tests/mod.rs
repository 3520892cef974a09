//! Tests through the public surface.

mod admin;
mod codes;
mod edge;
mod faults;
mod hostile;
mod kinds;
mod limits;
mod media;
mod nodes;
mod parts;
mod review;
mod rig;
mod shapes;
mod template;
mod webhooks;
