//! Opening, closing, refusing.

use std::sync::Arc;

use tidings_domain::clock::BoxFuture;
use tidings_store::{Hook, SCHEMA_VERSION, StoreError};

use crate::bed::{Bed, Kind};
use crate::conformance;
use crate::scene::{Scene, allow};

conformance!(
    keeps_what_it_took,
    refuses_another_master_key,
    refuses_a_newer_schema,
    goes_on_with_a_newer_schema_that_suits_it,
    a_migration_that_was_interrupted_is_taken_up,
    refuses_a_changed_migration
);

async fn keeps_what_it_took(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let (bed, error) = bed.reopen([7; 32]).await;
    assert!(error.is_none());
    assert_eq!(scene.due(&bed).await.len(), 1);
    bed
}

async fn refuses_another_master_key(bed: Bed) -> Bed {
    let (bed, error) = bed.reopen([8; 32]).await;
    assert!(matches!(error, Some(StoreError::Corrupt(_))), "{error:?}");
    bed
}

async fn refuses_a_newer_schema(bed: Bed) -> Bed {
    bed.rows("INSERT INTO migrations (version, checksum) VALUES (99, 'from the future')").await;
    let error = bed.open_second_after_closing().await;
    assert!(matches!(error, Some(StoreError::Newer { found: 99, known: SCHEMA_VERSION })), "{error:?}");
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("newer version") && text.contains("nothing was changed"), "{text}");
    bed
}

/// What a newer program leaves behind when its migration only adds: this one, the older, still serves.
async fn goes_on_with_a_newer_schema_that_suits_it(bed: Bed) -> Bed {
    let suited = SCHEMA_VERSION;
    bed.rows(&format!(
        "INSERT INTO migrations (version, checksum, min_compatible) VALUES (99, 'new', {suited})"
    ))
    .await;
    bed.rows("CREATE TABLE from_the_future (id BIGINT PRIMARY KEY)").await;
    bed.rows("ALTER TABLE messages ADD COLUMN from_the_future INT").await;
    let scene = Scene::new(&bed).await;
    scene.accept(&bed, vec![scene.message(&bed)], allow()).await;
    let (bed, error) = bed.reopen([7; 32]).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(scene.due(&bed).await.len(), 1);
    bed.rows("INSERT INTO migrations (version, checksum, min_compatible) VALUES (100, 'too far', 100)").await;
    let error = bed.open_second_after_closing().await;
    assert!(matches!(error, Some(StoreError::Newer { found: 100, .. })), "{error:?}");
    bed
}

/// A process that was killed in a migration has left the ones before it; the next start goes on from there.
async fn a_migration_that_was_interrupted_is_taken_up(bed: Bed) -> Bed {
    // As the process leaves it that dies while it applies the newest: a transaction that never was.
    bed.rows(&format!("DELETE FROM migrations WHERE version = {SCHEMA_VERSION}")).await;
    for table in ["plans", "plan_steps"] {
        bed.rows(&format!("DROP TABLE {table}")).await;
    }
    let (bed, error) = bed.reopen([7; 32]).await;
    assert!(error.is_none(), "{error:?}");
    let newest = format!("SELECT COUNT(*) FROM migrations WHERE version = {SCHEMA_VERSION}");
    assert_eq!(bed.count(&newest).await, 1);
    assert_eq!(bed.count("SELECT COUNT(*) FROM plan_steps").await, 0);
    bed
}

async fn refuses_a_changed_migration(bed: Bed) -> Bed {
    bed.rows("UPDATE migrations SET checksum = 'another'").await;
    let error = bed.open_second_after_closing().await;
    assert!(matches!(error, Some(StoreError::Corrupt(_))), "{error:?}");
    bed
}

#[tokio::test]
async fn one_process_has_a_directory() {
    Bed::run(Kind::Threads, |bed| async {
        assert!(matches!(bed.open_second().await, Err(StoreError::Locked)));
        bed
    })
    .await;
}

/// Fails every commit of one kind.
struct Failing(&'static str);

impl Hook for Failing {
    fn before_commit<'a>(&'a self, what: &'static str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { if what == self.0 { Err(StoreError::Full) } else { Ok(()) } })
    }
}

#[tokio::test]
async fn a_failed_commit_leaves_nothing() {
    Bed::run(Kind::Inline, |bed| async {
        let bed = bed.with_hook(Arc::new(Failing("accept"))).await;
        let scene = Scene::new(&bed).await;
        let accept = tidings_store::model::Accept {
            messages: vec![scene.message(&bed)],
            judge: crate::scene::intake(allow()),
            actor: tidings_domain::actor::Actor::Installation,
            idempotent: None,
        };
        assert!(matches!(bed.store.accept(&scene.scope, accept).await, Err(StoreError::Full)));
        assert_eq!(bed.count("SELECT COUNT(*) FROM messages").await, 0);
        assert!(scene.due(&bed).await.is_empty());
        bed
    })
    .await;
}
