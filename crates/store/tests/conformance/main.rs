//! One suite for every engine: what the store promises, it promises on SQLite with threads, on SQLite in
//! the caller's task, and on PostgreSQL.

mod bed;
mod hot;
mod opening;
mod ordinary;
mod scene;

/// Makes each function a test on all three executors.
#[macro_export]
macro_rules! conformance {
    ($($name:ident),* $(,)?) => {
        mod threads { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { $crate::bed::Bed::run($crate::bed::Kind::Threads, super::$name).await; })* }
        mod inline { $(#[tokio::test]
            async fn $name() { $crate::bed::Bed::run($crate::bed::Kind::Inline, super::$name).await; })* }
        mod postgres { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { $crate::bed::Bed::run($crate::bed::Kind::Postgres, super::$name).await; })* }
    };
}
