//! Into PostgreSQL: binary `COPY`, one transaction for each copy of the originals.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

use super::rows::{BEHIND, Cell, GIVEN, MESSAGES, Originals, Shift, Span, TABLES, Table};
use crate::limits::COPY_PIECE_BYTES;
use crate::postgres::Session;

/// How a binary `COPY` begins: the signature, no flags, no extension.
const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: i16 = -1;

pub struct Loader {
    session: Session,
    originals: Vec<Originals>,
    span: Span,
}

impl Loader {
    /// Takes the finished messages out of the tables; the last copy puts them back.
    pub async fn open(url: &str) -> Result<Self> {
        let session = Session::open(url).await?;
        let client = &session.client;
        client.batch_execute("SET synchronous_commit = off; SET statement_timeout = 0").await?;
        let mut originals = Vec::new();
        for table in TABLES {
            originals.push(read(client, table).await?);
        }
        let span = Span::of(&originals[0])?;
        for table in TABLES.iter().rev() {
            client.batch_execute(&format!("DELETE FROM {} WHERE {}", table.name, table.of_messages)).await?;
        }
        let rest = "TRUNCATE recipient_runs, recipient_messages, subject_events;
            INSERT INTO subject_events (tenant_id, subject, transaction_id, seq)
            SELECT tenant_id, subject, tx::text::bigint, seq FROM events";
        client.batch_execute(rest).await?;
        Ok(Self { session, originals, span })
    }

    pub fn originals(&self) -> usize {
        self.originals.iter().find(|each| each.table.name == MESSAGES).map_or(0, |each| each.rows.len())
    }

    pub async fn write(&mut self, copy: u32) -> Result<()> {
        let shift = self.span.shift(copy);
        let transaction = self.session.client.transaction().await?;
        for originals in &self.originals {
            copy_in(&transaction, originals, shift).await?;
        }
        transaction
            .batch_execute(
                "INSERT INTO subject_events (tenant_id, subject, transaction_id, seq)
                 SELECT tenant_id, subject, tx::text::bigint, seq FROM events WHERE tx = pg_current_xact_id()
                 ORDER BY 1, 2, 3, 4",
            )
            .await?;
        let sql = "SELECT MIN(seq) - 1 FROM events WHERE tx = pg_current_xact_id()";
        let run: i64 = transaction.query_one(sql, &[]).await?.get(0);
        let (first, last) = self.span.ends(copy);
        let sql = "INSERT INTO recipient_messages (run, tenant_id, recipient, message_id)
            SELECT $1::bigint, tenant_id, recipient, id FROM messages WHERE tenant_id = $2 AND id BETWEEN $3 AND $4
            ORDER BY 1, 2, 3, 4";
        let entries = transaction.execute(sql, &[&run, &self.span.tenant, &first, &last]).await?;
        let entries = i64::try_from(entries)?;
        let sql = "INSERT INTO recipient_runs (run, messages) VALUES ($1, $2)";
        transaction.execute(sql, &[&run, &entries]).await?;
        Ok(transaction.commit().await?)
    }

    /// Moves the cursors behind everything, and leaves the tables as their owner's housekeeping would.
    pub async fn finish(self) -> Result<()> {
        let client = &self.session.client;
        let sql = "SELECT tx::text::bigint, seq FROM events ORDER BY tx DESC, seq DESC LIMIT 1";
        let last = client.query_one(sql, &[]).await?;
        let (transaction, sequence): (i64, i64) = (last.get(0), last.get(1));
        let sql = "SELECT number FROM meta WHERE key = 'log_generation'";
        let generation: i64 = client.query_one(sql, &[]).await?.get(0);
        for index in BEHIND {
            let cursor = [("transaction", transaction), ("sequence", sequence), ("generation", generation)];
            for (what, number) in cursor {
                let sql = "INSERT INTO meta (key, number) VALUES ($1, $2)
                    ON CONFLICT (key) DO UPDATE SET number = excluded.number";
                client.execute(sql, &[&format!("{index}.{what}"), &number]).await?;
            }
        }
        crate::progress::say("vacuum, analyze and checkpoint");
        client.batch_execute("VACUUM (ANALYZE)").await?;
        client.batch_execute("CHECKPOINT").await?;
        Ok(())
    }
}

async fn read(client: &Client, table: Table) -> Result<Originals> {
    let every = client.prepare(&format!("SELECT * FROM {}", table.name)).await?;
    let columns = every.columns().iter().map(|column| column.name().to_owned());
    let columns: Vec<String> = columns.filter(|name| !GIVEN.contains(&name.as_str())).collect();
    let mut rows = Vec::new();
    for row in client.query(&Originals::select(table, &columns), &[]).await? {
        rows.push((0..columns.len()).map(|n| cell(&row, n)).collect::<Result<_>>()?);
    }
    Ok(Originals::new(table, columns, rows))
}

fn cell(row: &tokio_postgres::Row, n: usize) -> Result<Cell> {
    let kind = row.columns()[n].type_();
    let cell = if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(n)?.map(Cell::Int)
    } else if *kind == Type::BYTEA {
        row.try_get::<_, Option<Vec<u8>>>(n)?.map(Cell::Bytes)
    } else if *kind == Type::TEXT {
        row.try_get::<_, Option<String>>(n)?.map(Cell::Text)
    } else {
        bail!("the column {} has an unknown type", row.columns()[n].name());
    };
    Ok(cell.unwrap_or(Cell::Null))
}

async fn copy_in(transaction: &Transaction<'_>, originals: &Originals, shift: Shift) -> Result<()> {
    let (name, columns) = (originals.table.name, originals.columns.join(", "));
    let sink = transaction.copy_in::<_, Bytes>(&format!("COPY {name} ({columns}) FROM STDIN BINARY")).await;
    let mut sink = Box::pin(sink.with_context(|| format!("cannot copy into {name}"))?);
    let mut piece = BytesMut::from(COPY_HEAD);
    for row in &originals.rows {
        piece.put_i16(i16::try_from(row.len())?);
        for cell in originals.copied(row, shift) {
            put(&mut piece, &cell)?;
        }
        if piece.len() >= COPY_PIECE_BYTES {
            sink.send(piece.split().freeze()).await?;
        }
    }
    piece.put_i16(COPY_END);
    sink.send(piece.freeze()).await?;
    sink.as_mut().finish().await?;
    Ok(())
}

fn put(out: &mut BytesMut, cell: &Cell) -> Result<()> {
    match cell {
        Cell::Null => out.put_i32(-1),
        Cell::Int(number) => {
            out.put_i32(8);
            out.put_i64(*number);
        }
        Cell::Bytes(bytes) => put_bytes(out, bytes)?,
        Cell::Text(text) => put_bytes(out, text.as_bytes())?,
    }
    Ok(())
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) -> Result<()> {
    out.put_i32(i32::try_from(bytes.len())?);
    out.put_slice(bytes);
    Ok(())
}

/// Where the server keeps its data, by its own word.
pub async fn data_directory(admin_url: &str) -> Result<PathBuf> {
    let session = Session::open(admin_url).await?;
    let row = session.client.query_one("SHOW data_directory", &[]).await?;
    Ok(PathBuf::from(row.get::<_, String>(0)))
}
