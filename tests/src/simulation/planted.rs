//! Bugs that are planted to see whether the simulation notices: a harness that finds nothing proves little.
//!
//! The product's code is what it is; the lies are told by the executor and the wire of the simulation.

use tidings_engine::EngineConfig;
use tidings_store::Lie;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// Now and then the queue loses a row of an acknowledged message.
    DropAcknowledged,
    /// Now and then an acknowledged message was never committed.
    ForgetAcknowledged,
    /// Now and then a claim is not in the store when the request leaves.
    SubmitWithoutClaim,
    /// The last receipt wins.
    LastReceiptWins,
    /// The epoch of an owner who lost the lease still counts.
    IgnoreEpoch,
    /// Nobody keeps the pace towards a recipient.
    ExceedPairRate,
    /// Now and then the wire submits a second time.
    SubmitTwice,
}

/// One in so many commits of the kind is lied about.
const EVERY: u64 = 5;

impl Planted {
    pub const ALL: [Self; 7] = [
        Self::DropAcknowledged,
        Self::ForgetAcknowledged,
        Self::SubmitWithoutClaim,
        Self::LastReceiptWins,
        Self::IgnoreEpoch,
        Self::ExceedPairRate,
        Self::SubmitTwice,
    ];

    pub(super) fn lie(self, what: &'static str, n: u64) -> Option<Lie> {
        match (self, what) {
            (Self::DropAcknowledged, "accept") => n.is_multiple_of(EVERY).then_some(Lie::LoseDue),
            (Self::ForgetAcknowledged, "accept") => n.is_multiple_of(EVERY).then_some(Lie::Forget),
            (Self::SubmitWithoutClaim, "claim") => n.is_multiple_of(EVERY).then_some(Lie::Forget),
            (Self::LastReceiptWins, "merge") => Some(Lie::Overwrite),
            _ => None,
        }
    }

    pub(super) fn config(self, config: EngineConfig) -> EngineConfig {
        match self {
            Self::ExceedPairRate => EngineConfig { pair_burst: 1_000, pair_interval_us: 1, ..config },
            _ => config,
        }
    }
}
