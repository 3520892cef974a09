//! After a restore: what is held because it may have left, and what an operator says about it.

use tidings_domain::category::Category;
use tidings_store::model::{HeldCount, Review};

use crate::caller::Operator;
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

impl Engine {
    /// What each region holds for review.
    pub async fn held_for_review(&self, _operator: &Operator) -> Result<Vec<(String, HeldCount)>> {
        let mut all = Vec::new();
        for store in self.0.regions.iter() {
            let held = store.held_for_review(&store.system()).await?;
            all.extend(held.into_iter().map(|each| (store.region().to_owned(), each)));
        }
        Ok(all)
    }

    /// Sends held messages again, or gives them up: of one category or all, of those at least so old or all.
    pub async fn review_held(
        &self,
        operator: &Operator,
        decision: Review,
        category: Option<Category>,
        older_than_us: Option<i64>,
    ) -> Result<u64> {
        if decision == Review::Held || older_than_us.is_some_and(|us| us < 0) {
            return Err(EngineError::invalid("decision", "review.unknown", "Decide `resend` or `give_up`."));
        }
        let now = self.now();
        let before = older_than_us.map(|us| now.plus(us.saturating_neg()));
        let mut decided = 0;
        for store in self.0.regions.iter() {
            decided += store.review_held(&store.system(), decision, category, before, now).await?;
        }
        tracing::info!(actor = %operator.actor, ?decision, decided, "held messages were reviewed");
        self.tick();
        Ok(decided)
    }
}
