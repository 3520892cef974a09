//! The only crate that knows SQL: SQLite and PostgreSQL behind one concrete [`Store`].
//!
//! A store is one region: one SQLite file or one PostgreSQL database. Ordinary statements are written once
//! and run on both engines; the hot path may have a text per engine, side by side. Writers group-commit.

pub mod model;
