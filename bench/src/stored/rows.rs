//! What a finished message leaves in the tables, and how a copy differs from it.

use anyhow::{Context, Result, bail};

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Null,
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
}

/// A table that finished messages leave rows in.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    /// Which of its rows are of messages.
    pub of_messages: &'static str,
    pub order: &'static str,
}

const ALL: &str = "1 = 1";

/// In the order in which they are written; the rows of messages name those of the other tables.
pub const TABLES: [Table; 5] = [
    Table { name: MESSAGES, of_messages: ALL, order: "tenant_id, id" },
    Table {
        name: "sealed",
        of_messages: "owner IN (SELECT id FROM messages)",
        order: "tenant_id, owner, part",
    },
    Table { name: "attempts", of_messages: ALL, order: "tenant_id, message_id, n" },
    Table { name: "provider_ids", of_messages: ALL, order: "tenant_id, account_id, hash" },
    Table { name: EVENTS, of_messages: "subject IN (SELECT id FROM messages)", order: "seq" },
];
pub const MESSAGES: &str = "messages";
pub const EVENTS: &str = "events";

/// The indexes behind the log, whose cursors stand in `meta`.
pub const BEHIND: [&str; 2] = ["subjects", "recipients"];

/// Columns that the database fills itself.
pub const GIVEN: [&str; 2] = ["seq", "tx"];

/// What a copy does with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Keep,
    /// Sixteen bytes that begin with milliseconds. A trace is the message's id, since the benchmark names none.
    Id,
    /// Random bytes that differ from message to message.
    Hash,
    /// Microseconds.
    Time,
}

impl Role {
    fn of(column: &str) -> Self {
        match column {
            "id" | "message_id" | "subject" | "owner" | "trace" => Self::Id,
            "recipient" | "reference" | "hash" => Self::Hash,
            "at" | "doubt_until" => Self::Time,
            column if column.ends_with("_at") => Self::Time,
            _ => Self::Keep,
        }
    }
}

/// The rows of finished messages in one table.
#[derive(Debug)]
pub struct Originals {
    pub table: Table,
    pub columns: Vec<String>,
    roles: Vec<Role>,
    pub rows: Vec<Vec<Cell>>,
}

impl Originals {
    pub fn new(table: Table, columns: Vec<String>, rows: Vec<Vec<Cell>>) -> Self {
        let roles = columns.iter().map(|column| Role::of(column)).collect();
        Self { table, columns, roles, rows }
    }

    /// `SELECT` of the columns that a copy gives.
    pub fn select(table: Table, columns: &[String]) -> String {
        let Table { name, of_messages, order } = table;
        format!("SELECT {} FROM {name} WHERE {of_messages} ORDER BY {order}", columns.join(", "))
    }

    fn column(&self, name: &str) -> Result<usize> {
        let found = self.columns.iter().position(|column| column == name);
        found.with_context(|| format!("{} has no column {name}", self.table.name))
    }

    /// The values of one column that are bytes.
    fn bytes(&self, column: &str) -> Result<impl Iterator<Item = &[u8]>> {
        let column = self.column(column)?;
        Ok(self.rows.iter().filter_map(move |row| match &row[column] {
            Cell::Bytes(bytes) => Some(bytes.as_slice()),
            _ => None,
        }))
    }

    /// A row as the copy has it.
    pub fn copied<'a>(&'a self, row: &'a [Cell], shift: Shift) -> impl Iterator<Item = Cell> + 'a {
        row.iter().zip(&self.roles).map(move |(cell, role)| shift.apply(*role, cell))
    }
}

/// The messages that are repeated: their tenant, their first and last id.
#[derive(Debug, Clone)]
pub struct Span {
    pub tenant: Vec<u8>,
    first: Vec<u8>,
    last: Vec<u8>,
    /// Milliseconds from one copy to the next.
    step_ms: i64,
}

impl Span {
    pub fn of(messages: &Originals) -> Result<Self> {
        let ids = || messages.bytes("id");
        let (Some(first), Some(last)) = (ids()?.min(), ids()?.max()) else { bail!("no message is stored") };
        let tenant = messages.bytes("tenant_id")?.next().context("a message has no tenant")?;
        // A millisecond more than the originals span, so that copies never overlap.
        let step_ms = milliseconds(last) - milliseconds(first) + 1;
        Ok(Self { tenant: tenant.to_vec(), first: first.to_vec(), last: last.to_vec(), step_ms })
    }

    pub fn shift(&self, copy: u32) -> Shift {
        Shift { copy, ms: self.step_ms * i64::from(copy) }
    }

    /// First and last id of a copy.
    pub fn ends(&self, copy: u32) -> (Vec<u8>, Vec<u8>) {
        let shift = self.shift(copy);
        (shift.id(&self.first), shift.id(&self.last))
    }
}

fn milliseconds(id: &[u8]) -> i64 {
    id.iter().take(6).fold(0, |ms, byte| ms << 8 | i64::from(*byte))
}

/// How far back a copy lies, and what makes its hashes its own. The copy 0 is the originals.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    copy: u32,
    ms: i64,
}

impl Shift {
    fn apply(self, role: Role, cell: &Cell) -> Cell {
        match (role, cell) {
            (Role::Id, Cell::Bytes(id)) => Cell::Bytes(self.id(id)),
            (Role::Hash, Cell::Bytes(hash)) => Cell::Bytes(self.hash(hash)),
            (Role::Time, Cell::Int(at)) => Cell::Int(at - self.ms * 1_000),
            _ => cell.clone(),
        }
    }

    fn id(self, id: &[u8]) -> Vec<u8> {
        let mut moved = id.to_vec();
        let bytes = (milliseconds(id) - self.ms).to_be_bytes();
        for (to, from) in moved.iter_mut().zip(&bytes[2..]).take(6) {
            *to = *from;
        }
        moved
    }

    /// The first byte stays and the next three are the copy's, scattered: so hashes of all copies lie evenly over
    /// the index, and none comes twice.
    fn hash(self, hash: &[u8]) -> Vec<u8> {
        let mut other = hash.to_vec();
        if self.copy > 0 {
            // An odd factor reaches each of the 2^24 values once.
            let scattered = self.copy.wrapping_mul(0x9e37_79b1).to_be_bytes();
            for (to, from) in other.iter_mut().skip(1).zip(&scattered[1..]) {
                *to = *from;
            }
        }
        other
    }
}
