//! What the engine says of the installation's nodes.
#![expect(dead_code, reason = "describes what the engine writes")]

use utoipa::ToSchema;

#[derive(ToSchema)]
pub struct Nodes {
    nodes: Vec<Node>,
    /// Slots that no node holds at this moment, by region.
    free_slots: Vec<FreeSlots>,
}

#[derive(ToSchema)]
pub struct FreeSlots {
    region: String,
    slots: Vec<u8>,
}

/// A process of the installation, as one region knows it.
#[derive(ToSchema)]
pub struct Node {
    region: String,
    id: String,
    name: String,
    /// `api`, `dispatch`, `readers`, with commas between them.
    roles: String,
    version: String,
    /// Where it listens.
    address: String,
    #[schema(value_type = String, format = DateTime)]
    started_at: String,
    #[schema(value_type = String, format = DateTime)]
    heartbeat_at: String,
    /// Whether it gave a sign of life within the time of a lease.
    alive: bool,
    /// Whether it is the one that answers.
    answers: bool,
    /// Slots that it decides for.
    slots: Vec<u8>,
    /// Those with tenants.
    used_slots: usize,
    /// Lanes with something to do, a bounded number.
    lanes: Vec<NodeLane>,
}

#[derive(ToSchema)]
pub struct NodeLane {
    sender: String,
    /// As in a sender's lane.
    phase: String,
    detail: String,
    in_flight: usize,
    #[schema(value_type = String, format = DateTime)]
    as_of: String,
}
