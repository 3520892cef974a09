//! The nodes of the installation: who is there, who decides for which slots, what their lanes do.

use serde::Serialize;

use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;
use tidings_store::Store;
use tidings_store::model::{ShownLane, Slot};

use crate::caller::Operator;
use crate::dispatch::LaneView;
use crate::dispatch::share::is_alive;
use crate::error::Result;
use crate::limits::{LANES_SHOW_US, LANES_SHOWN_MAX, LEASE_TTL_US};
use crate::pipeline::Engine;

#[derive(Debug, Clone, Serialize)]
pub struct NodesView {
    pub nodes: Vec<NodeView>,
    /// Slots that no node holds at this moment, by region.
    pub free_slots: Vec<FreeSlots>,
}

#[derive(Debug, Clone, Serialize)]
pub struct FreeSlots {
    pub region: String,
    pub slots: Vec<u8>,
}

#[derive(Debug, Clone, Serialize)]
pub struct NodeView {
    pub region: String,
    pub id: String,
    pub name: String,
    pub roles: String,
    pub version: String,
    pub address: String,
    pub started_at: Timestamp,
    pub heartbeat_at: Timestamp,
    /// Whether it gave a sign of life within the time of a lease.
    pub alive: bool,
    /// Whether it is the one that answers.
    pub answers: bool,
    pub slots: Vec<u8>,
    /// Those with tenants.
    pub used_slots: usize,
    /// Lanes with something to do, a bounded number.
    pub lanes: Vec<LaneLine>,
}

/// A lane in one line.
#[derive(Debug, Clone, Serialize)]
pub struct LaneLine {
    pub sender: SenderId,
    pub phase: String,
    pub detail: String,
    pub in_flight: usize,
    pub as_of: Timestamp,
}

impl Engine {
    pub async fn nodes(&self, _operator: &Operator) -> Result<NodesView> {
        let mut view = NodesView { nodes: Vec::new(), free_slots: Vec::new() };
        for store in self.0.regions.iter() {
            self.nodes_of(store, &mut view).await?;
        }
        Ok(view)
    }

    async fn nodes_of(&self, store: &Store, view: &mut NodesView) -> Result<()> {
        let sys = store.system();
        let (nodes, slots, now) = store.nodes(&sys, self.now()).await?;
        let lanes = store.shown_lanes(&sys, LANES_SHOWN_MAX).await?;
        let fresh = self.now().plus(-LANES_SHOW_US * 4);
        let held = |slot: &&Slot| slot.expires_at > now && !slot.owner.is_empty();
        for node in nodes {
            let own: Vec<&Slot> = slots.iter().filter(held).filter(|slot| slot.owner == node.id).collect();
            let shown = lanes.iter().filter(|lane| lane.node == node.id && lane.at > fresh);
            view.nodes.push(NodeView {
                region: store.region().to_owned(),
                alive: is_alive(&node, now, LEASE_TTL_US),
                answers: node.id == self.0.config.node,
                slots: own.iter().map(|slot| slot.slot).collect(),
                used_slots: own.iter().filter(|slot| slot.tenants > 0).count(),
                lanes: shown.filter_map(line).collect(),
                id: node.id,
                name: node.name,
                roles: node.roles,
                version: node.version,
                address: node.address,
                started_at: node.started_at,
                heartbeat_at: node.heartbeat_at,
            });
        }
        let free = slots.iter().filter(|slot| !held(slot)).map(|slot| slot.slot).collect();
        view.free_slots.push(FreeSlots { region: store.region().to_owned(), slots: free });
        Ok(())
    }
}

/// What another version shows and we cannot read is left out.
fn line(shown: &ShownLane) -> Option<LaneLine> {
    let view: LaneView = serde_json::from_str(&shown.view).ok()?;
    Some(LaneLine {
        sender: shown.sender,
        phase: view.phase.into_owned(),
        detail: view.detail,
        in_flight: view.in_flight,
        as_of: shown.at,
    })
}
