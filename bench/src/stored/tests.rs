use std::collections::HashSet;

use rusqlite::Connection;
use tempfile::TempDir;

use super::rows::{Cell, Originals, Span, TABLES};
use super::*;

const ORIGINALS: usize = 20;

/// A store with the tables that count here and a few finished messages, a millisecond apart.
fn store() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("main.db");
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE meta (key TEXT PRIMARY KEY, number INTEGER);
             INSERT INTO meta VALUES ('log_generation', 3), ('subjects.sequence', 1);
             CREATE TABLE messages (tenant_id BLOB, id BLOB, recipient BLOB, created_at INTEGER, trace BLOB,
               reference BLOB, reason TEXT, PRIMARY KEY (tenant_id, id));
             CREATE TABLE sealed (tenant_id BLOB, owner BLOB, part INTEGER, data BLOB,
               PRIMARY KEY (tenant_id, owner, part));
             CREATE TABLE attempts (tenant_id BLOB, message_id BLOB, n INTEGER, claimed_at INTEGER,
               PRIMARY KEY (tenant_id, message_id, n));
             CREATE TABLE provider_ids (tenant_id BLOB, account_id BLOB, hash BLOB, message_id BLOB,
               PRIMARY KEY (tenant_id, account_id, hash));
             CREATE TABLE events (seq INTEGER PRIMARY KEY, tenant_id BLOB, subject BLOB, at INTEGER, body TEXT);
             CREATE TABLE subject_events (tenant_id BLOB, subject BLOB, transaction_id INTEGER, seq INTEGER,
               PRIMARY KEY (tenant_id, subject, transaction_id, seq));
             CREATE TABLE recipient_runs (run INTEGER PRIMARY KEY, messages INTEGER);
             CREATE TABLE recipient_messages (run INTEGER, tenant_id BLOB, recipient BLOB, message_id BLOB,
               PRIMARY KEY (run, tenant_id, recipient, message_id));
             INSERT INTO events VALUES (1, x'07', x'0909', 5, 'of the tenant');
             INSERT INTO sealed VALUES (x'07', x'0909', 1, x'ff');",
        )
        .unwrap();
    for n in 0..ORIGINALS {
        let id = id(1_790_000_000_000 + n as u64, n as u8);
        let hash: Vec<u8> = (0..16).map(|i| (n * 37 + i * 11) as u8).collect();
        let at = 1_790_000_000_000_000 + n as i64 * 1_000;
        let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| connection.execute(sql, params).unwrap();
        run("INSERT INTO messages VALUES (x'07', ?1, ?2, ?3, ?1, ?2, NULL)", rusqlite::params![id, hash, at]);
        run("INSERT INTO sealed VALUES (x'07', ?1, 1, x'aabb')", &[&id]);
        run("INSERT INTO attempts VALUES (x'07', ?1, 1, ?2)", rusqlite::params![id, at]);
        run("INSERT INTO provider_ids VALUES (x'07', x'08', ?1, ?2)", rusqlite::params![hash, id]);
        for body in ["accepted", "submitted"] {
            let sql = "INSERT INTO events (tenant_id, subject, at, body) VALUES (x'07', ?1, ?2, ?3)";
            run(sql, rusqlite::params![id, at, body]);
        }
    }
    (dir, file)
}

fn id(ms: u64, n: u8) -> Vec<u8> {
    let mut id = ms.to_be_bytes()[2..].to_vec();
    id.extend([n; 10]);
    id
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

#[tokio::test]
async fn finished_messages_are_repeated_before_themselves() {
    let (_dir, file) = store();
    let stored = repeat(Place::Sqlite(&file), 90).await.unwrap();
    assert_eq!(stored, 100, "whole copies only");
    let connection = Connection::open(&file).unwrap();
    let count = |sql: &str| number(&connection, sql);
    for (expected, sql) in [
        (100, "SELECT COUNT(DISTINCT id) FROM messages"),
        (100, "SELECT COUNT(DISTINCT recipient) FROM messages"),
        (100, "SELECT COUNT(DISTINCT reference) FROM messages"),
        (100, "SELECT COUNT(*) FROM messages WHERE trace = id AND reason IS NULL"),
        (
            100,
            "SELECT COUNT(*) FROM messages m JOIN attempts a ON a.message_id = m.id AND a.claimed_at = m.created_at",
        ),
        (100, "SELECT COUNT(*) FROM messages m JOIN provider_ids p ON p.message_id = m.id"),
        (101, "SELECT COUNT(*) FROM sealed"),
        (201, "SELECT COUNT(*) FROM events"),
        (
            201,
            "SELECT COUNT(*) FROM events e JOIN subject_events s ON s.seq = e.seq AND s.subject = e.subject",
        ),
        (
            100,
            "SELECT COUNT(*) FROM messages m JOIN recipient_messages r ON r.message_id = m.id AND r.recipient = m.recipient",
        ),
        (100, "SELECT SUM(messages) FROM recipient_runs"),
        (5, "SELECT COUNT(*) FROM recipient_runs"),
        // The originals are the newest, in the log too.
        (20, "SELECT COUNT(*) FROM messages WHERE created_at >= 1790000000000000"),
        (
            40,
            "SELECT COUNT(*) FROM events WHERE at >= 1790000000000000 AND seq > (SELECT MAX(seq) FROM events) - 40",
        ),
        (0, "SELECT COUNT(*) FROM messages a JOIN messages b ON a.id < b.id AND a.created_at > b.created_at"),
    ] {
        assert_eq!(count(sql), expected, "{sql}");
    }
    let last = count("SELECT MAX(seq) FROM events");
    for index in ["subjects", "recipients"] {
        for (what, expected) in [("sequence", last), ("transaction", 0), ("generation", 3)] {
            let sql = format!("SELECT number FROM meta WHERE key = '{index}.{what}'");
            assert_eq!(count(&sql), expected, "{index}.{what}");
        }
    }
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_store_without_messages_cannot_be_repeated() {
    let (_dir, file) = store();
    Connection::open(&file).unwrap().execute_batch("DELETE FROM messages").unwrap();
    let refused = repeat(Place::Sqlite(&file), 10).await.unwrap_err();
    assert!(refused.to_string().contains("no message"), "{refused}");
}

#[test]
fn copies_never_meet() {
    let row = |ms, n: u8| vec![Cell::Bytes(vec![7]), Cell::Bytes(id(ms, n)), Cell::Bytes(vec![n; 16])];
    let columns = ["tenant_id", "id", "recipient"].map(str::to_owned).to_vec();
    let rows = vec![row(1_790_000_000_000, 1), row(1_790_000_000_500, 2)];
    let originals = Originals::new(TABLES[0], columns, rows);
    let span = Span::of(&originals).unwrap();
    let (mut seen, mut newer) = (HashSet::new(), span.ends(0).0);
    for copy in 1..2_000 {
        let (first, last) = span.ends(copy);
        assert!(first < last && last < newer, "copy {copy} lies before the next");
        newer = first;
        for row in &originals.rows {
            let hash = originals.copied(row, span.shift(copy)).nth(2);
            let Some(Cell::Bytes(hash)) = hash else { panic!("a hash stays bytes") };
            assert!(seen.insert(hash), "a hash of copy {copy} comes twice");
        }
    }
}
