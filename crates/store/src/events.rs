//! Appending to the log, in the transaction of the change.

use std::fmt::Write as _;
use std::ops::Range;

use tidings_domain::actor::Actor;
use tidings_domain::event::{Kind, NewEvent};
use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use crate::conn::{Batch, Bulk, Conn, Insert, Val, cells};
use crate::error::Result;

/// Events of one transaction, their texts written one after the other into one string.
#[derive(Default)]
pub(crate) struct Events {
    text: String,
    rows: Vec<Entry>,
    actor: Option<(Actor, Range<usize>)>,
}

struct Entry {
    tenant: TenantId,
    kind: Kind,
    subject: [u8; 16],
    actor: Range<usize>,
    trace: Option<TraceId>,
    at: Timestamp,
    body: Range<usize>,
}

/// Who, what and when of an event; its body follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) tenant: TenantId,
    pub(crate) kind: Kind,
    pub(crate) subject: [u8; 16],
    pub(crate) actor: Actor,
    pub(crate) trace: Option<TraceId>,
    pub(crate) at: Timestamp,
}

const APPEND: Insert = Insert {
    copy: "COPY events (tenant_id, kind, subject, actor, trace, at, body) FROM STDIN (FORMAT binary)",
    rows: Bulk {
    sqlite: "INSERT INTO events (tenant_id, kind, subject, actor, trace, at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    postgres: "INSERT INTO events (tenant_id, kind, subject, actor, trace, at, body)
        SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bytea[], $4::text[], $5::bytea[], $6::bigint[], $7::text[])",
},
};

impl Events {
    /// Adds an event; `body` writes a JSON object.
    pub(crate) fn push(&mut self, head: Head, body: impl FnOnce(&mut String)) {
        let actor = self.actor_text(head.actor);
        let start = self.text.len();
        body(&mut self.text);
        self.rows.push(Entry {
            tenant: head.tenant,
            kind: head.kind,
            subject: head.subject,
            actor,
            trace: head.trace,
            at: head.at,
            body: start..self.text.len(),
        });
    }

    pub(crate) fn push_new(&mut self, event: &NewEvent) {
        let NewEvent { tenant, kind, subject, actor, trace, at, body } = event;
        let head =
            Head { tenant: *tenant, kind: *kind, subject: subject.0, actor: *actor, trace: *trace, at: *at };
        self.push(head, |text| text.push_str(body));
    }

    /// Neighbours mostly have the same actor: its text is written once.
    fn actor_text(&mut self, actor: Actor) -> Range<usize> {
        if let Some((known, range)) = &self.actor
            && *known == actor
        {
            return range.clone();
        }
        let start = self.text.len();
        write!(self.text, "{actor}").expect("a string takes all");
        let range = start..self.text.len();
        self.actor = Some((actor, range.clone()));
        range
    }

    pub(crate) async fn append(&self, conn: &Conn) -> Result<()> {
        let mut batch = Batch::new(7, self.rows.len());
        for row in &self.rows {
            batch.push(cells![
                &row.tenant,
                row.kind,
                &row.subject,
                Val::Text(&self.text[row.actor.clone()]),
                row.trace.as_ref(),
                row.at,
                Val::Text(&self.text[row.body.clone()]),
            ]);
        }
        conn.insert(&APPEND, &batch).await
    }
}

/// Appends single events of an ordinary call.
pub(crate) async fn append(conn: &Conn, events: &[NewEvent]) -> Result<()> {
    let mut all = Events::default();
    for event in events {
        all.push_new(event);
    }
    all.append(conn).await
}

/// Writes a JSON string, quotes included.
pub(crate) fn json_text(out: &mut String, text: &str) {
    out.push('"');
    for each in text.chars() {
        match each {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if u32::from(control) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(control)).expect("a string takes all");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
