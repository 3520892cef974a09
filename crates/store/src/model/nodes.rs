//! Nodes, the slots they hold, and what they tell one another.

use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

/// Slots of a store. An account lies in one for good; whoever holds the slot's lease decides for it.
pub const SLOTS: u8 = 64;

/// The right to decide for the lanes of one slot; every decision carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch {
    pub slot: u8,
    pub number: i64,
}

/// Some of the slots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlotSet(u64);

impl SlotSet {
    pub const ALL: Self = Self(u64::MAX);

    pub fn contains(self, slot: u8) -> bool {
        slot < SLOTS && self.0 >> slot & 1 == 1
    }
    pub fn insert(&mut self, slot: u8) {
        assert!(slot < SLOTS, "a slot is below {SLOTS}");
        self.0 |= 1 << slot;
    }
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..SLOTS).filter(move |slot| self.contains(*slot))
    }
    /// As SQL takes it: bit by bit in a signed number.
    pub(crate) fn bits(self) -> i64 {
        self.0.cast_signed()
    }
}

impl FromIterator<u8> for SlotSet {
    fn from_iter<I: IntoIterator<Item = u8>>(slots: I) -> Self {
        let mut set = Self::default();
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

/// A node's sign of life.
#[derive(Debug, Clone)]
pub struct Beat {
    pub id: String,
    pub name: String,
    /// Drawn once per process: of two processes with one id, the later one is the node.
    pub incarnation: i64,
    pub roles: String,
    pub version: String,
    pub address: String,
    pub started_at: Timestamp,
    /// The first of this process: takes the place of the one before it and gives its slots free.
    pub first: bool,
    pub ttl_us: i64,
}

/// What the store answers to a sign of life.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The store's time, by which leases run out.
    pub now: Timestamp,
    /// Another process has the same id and came later.
    pub replaced: bool,
    /// The slots that were renewed.
    pub held: Vec<Epoch>,
    pub nodes: Vec<Node>,
    pub slots: Vec<Slot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: String,
    pub name: String,
    pub roles: String,
    pub version: String,
    pub address: String,
    pub started_at: Timestamp,
    pub heartbeat_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub slot: u8,
    /// Empty, or the id of the node that holds it or held it last.
    pub owner: String,
    pub epoch: i64,
    pub expires_at: Timestamp,
    /// Tenants whose accounts lie in it.
    pub tenants: u32,
}

/// What a provider said about a sender, on its way to the owner of the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSignal {
    pub slot: u8,
    pub sender: SenderId,
    pub code: i64,
    pub at: Timestamp,
}

/// A lane as its owner last showed it, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLane {
    pub sender: SenderId,
    /// Id of the node that owned it then.
    pub node: String,
    pub at: Timestamp,
    pub view: String,
}
