//! The idempotency key: same key and body replays the answer, same key with another body is refused, a
//! request still under way is refused too. The answer is committed with what it answers for.

use tidings_domain::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use tidings_store::model::Respond;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::intake::AcceptOptions;
use crate::limits::{IDEMPOTENT_IN_PROGRESS_MAX, RETRY_AFTER_S};
use crate::pipeline::Engine;

/// A key that this request holds until it is answered.
pub(crate) struct Slot {
    engine: Engine,
    pub key: [u8; 32],
    pub fingerprint: [u8; 32],
}

impl Slot {
    pub fn take(
        engine: &Engine,
        caller: &Caller,
        options: &AcceptOptions<'_>,
        body: &[u8],
    ) -> Result<Option<Self>> {
        let Some(text) = options.idempotency_key else { return Ok(None) };
        if text.is_empty() || text.len() > IDEMPOTENCY_KEY_BYTES_MAX {
            return Err(EngineError::invalid(
                "Idempotency-Key",
                "idempotency.size",
                "An Idempotency-Key takes 1 to 255 bytes.",
            ));
        }
        let key = caller.scope.digest(&[options.method_path.as_bytes(), text.as_bytes()]);
        let fingerprint = caller.scope.digest(&[body]);
        let mut held = engine.0.idempotent.lock();
        if held.len() >= IDEMPOTENT_IN_PROGRESS_MAX {
            return Err(EngineError::Unavailable { retry_after_s: RETRY_AFTER_S });
        }
        if !held.insert(key) {
            return Err(EngineError::IdempotencyInProgress);
        }
        Ok(Some(Self { engine: engine.clone(), key, fingerprint }))
    }

    pub fn row(&self, respond: Respond) -> tidings_store::model::Idempotent {
        tidings_store::model::Idempotent { key: self.key, fingerprint: self.fingerprint, respond }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.engine.0.idempotent.lock().remove(&self.key);
    }
}
