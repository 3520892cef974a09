//! PostgreSQL behind [`super::Conn`]: prepared statements by text, arrays written straight from a batch.

use std::collections::HashMap;
use std::error::Error;
use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt as _;
use parking_lot::Mutex;
use smallvec::SmallVec;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use super::{Batch, Row, Val, Value};
use crate::error::{Result, StoreError};
use crate::limits::STATEMENTS_MAX;

/// Bytes of a cell on average, its length included: room to begin with.
const COPY_CELL_BYTES: usize = 24;

pub(crate) struct PgConn {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
}

impl PgConn {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, statements: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// For `COPY`, which is neither a query nor a set.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    async fn prepared(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.lock().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        let mut known = self.statements.lock();
        if known.len() >= STATEMENTS_MAX {
            known.clear();
        }
        known.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) async fn execute(&self, sql: &str, params: &[Val<'_>]) -> Result<u64> {
        let statement = self.prepared(sql).await?;
        let params: SmallVec<[&(dyn ToSql + Sync); 16]> = params.iter().map(|each| each as _).collect();
        Ok(self.client.execute(&statement, &params).await?)
    }

    pub(super) async fn query(&self, sql: &str, params: &[Val<'_>]) -> Result<Vec<Row>> {
        let statement = self.prepared(sql).await?;
        let params: SmallVec<[&(dyn ToSql + Sync); 16]> = params.iter().map(|each| each as _).collect();
        self.client.query(&statement, &params).await?.iter().map(|row| read(row, 0)).collect()
    }

    pub(super) async fn bulk(&self, sql: &str, batch: &Batch<'_>) -> Result<u64> {
        let statement = self.prepared(sql).await?;
        let columns: Vec<_> = (0..batch.width()).map(|index| ColumnOf { batch, index }).collect();
        let params: SmallVec<[&(dyn ToSql + Sync); 24]> = columns.iter().map(|each| each as _).collect();
        Ok(self.client.execute(&statement, &params).await?)
    }

    /// `COPY … FROM STDIN (FORMAT binary)` into columns that are BIGINT, DOUBLE PRECISION, TEXT or BYTEA.
    pub(super) async fn copy(&self, sql: &str, batch: &Batch<'_>) -> Result<()> {
        let statement = self.prepared(sql).await?;
        let mut sink = pin!(self.client.copy_in::<_, Bytes>(&statement).await?);
        sink.send(copied(batch)?).await?;
        sink.finish().await?;
        Ok(())
    }

    pub(super) async fn lookup(&self, sql: &str, batch: &Batch<'_>) -> Result<Vec<(usize, Row)>> {
        let statement = self.prepared(sql).await?;
        let columns: Vec<_> = (0..batch.width()).map(|index| ColumnOf { batch, index }).collect();
        let params: SmallVec<[&(dyn ToSql + Sync); 24]> = columns.iter().map(|each| each as _).collect();
        let rows = self.client.query(&statement, &params).await?;
        rows.iter()
            .map(|row| {
                let ordinal: i64 = row.try_get(0)?;
                let index = usize::try_from(ordinal - 1)
                    .map_err(|_| StoreError::Corrupt("an ordinal is not positive"))?;
                Ok((index, read(row, 1)?))
            })
            .collect()
    }

    pub(super) async fn run(&self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql).await?)
    }
}

type Fault = Box<dyn Error + Sync + Send>;

/// Writes one value in the binary form of the wanted type; false for null.
fn encode(value: Val<'_>, wanted: &Type, out: &mut BytesMut) -> std::result::Result<bool, Fault> {
    match value {
        Val::Null => return Ok(false),
        Val::Int(value) => match *wanted {
            Type::INT4 => out.extend_from_slice(&i32::try_from(value)?.to_be_bytes()),
            Type::INT2 => out.extend_from_slice(&i16::try_from(value)?.to_be_bytes()),
            Type::FLOAT8 => out.extend_from_slice(&(value as f64).to_be_bytes()),
            _ => out.extend_from_slice(&value.to_be_bytes()),
        },
        Val::Real(value) => out.extend_from_slice(&value.to_be_bytes()),
        Val::Text(text) => out.extend_from_slice(text.as_bytes()),
        Val::Blob(bytes) => out.extend_from_slice(bytes),
    }
    Ok(true)
}

/// A set in the binary form of `COPY`.
fn copied(batch: &Batch<'_>) -> Result<Bytes> {
    const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
    let width = i16::try_from(batch.width()).map_err(StoreError::internal)?;
    let mut out = BytesMut::with_capacity(HEADER.len() + batch.len() * batch.width() * COPY_CELL_BYTES);
    out.extend_from_slice(HEADER);
    for row in batch.rows() {
        out.extend_from_slice(&width.to_be_bytes());
        for value in row {
            let sized = match value {
                Val::Null => -1,
                Val::Int(_) | Val::Real(_) => 8,
                Val::Text(text) => i32::try_from(text.len()).map_err(StoreError::internal)?,
                Val::Blob(bytes) => i32::try_from(bytes.len()).map_err(StoreError::internal)?,
            };
            out.extend_from_slice(&sized.to_be_bytes());
            encode(*value, &Type::INT8, &mut out).map_err(StoreError::internal)?;
        }
    }
    out.extend_from_slice(&(-1i16).to_be_bytes());
    Ok(out.freeze())
}

impl ToSql for Val<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Fault> {
        Ok(if encode(*self, wanted, out)? { IsNull::No } else { IsNull::Yes })
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// One column of a batch, written as a one-dimensional array.
struct ColumnOf<'a, 'b> {
    batch: &'a Batch<'b>,
    index: usize,
}

impl std::fmt::Debug for ColumnOf<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "column {}", self.index)
    }
}

impl ToSql for ColumnOf<'_, '_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Fault> {
        let Kind::Array(member) = wanted.kind() else {
            return Err("a set statement takes arrays".into());
        };
        let column = self.batch.column(self.index);
        let nulls = column.clone().any(|value| matches!(value, Val::Null));
        out.extend_from_slice(&1i32.to_be_bytes());
        out.extend_from_slice(&i32::from(nulls).to_be_bytes());
        out.extend_from_slice(&member.oid().to_be_bytes());
        out.extend_from_slice(&i32::try_from(self.batch.len())?.to_be_bytes());
        out.extend_from_slice(&1i32.to_be_bytes());
        for value in column {
            let start = out.len();
            out.extend_from_slice(&(-1i32).to_be_bytes());
            if encode(*value, member, out)? {
                let len = i32::try_from(out.len() - start - 4)?;
                out[start..start + 4].copy_from_slice(&len.to_be_bytes());
            }
        }
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn read(row: &tokio_postgres::Row, skip: usize) -> Result<Row> {
    let columns = row.columns();
    let mut values = Vec::with_capacity(columns.len() - skip);
    for (index, column) in columns.iter().enumerate().skip(skip) {
        values.push(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(index)?.map_or(Value::Null, Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map_or(Value::Null, |n| Value::Int(n.into())),
            Type::INT2 => row.try_get::<_, Option<i16>>(index)?.map_or(Value::Null, |n| Value::Int(n.into())),
            Type::BOOL => {
                row.try_get::<_, Option<bool>>(index)?.map_or(Value::Null, |b| Value::Int(b.into()))
            }
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(index)?.map_or(Value::Null, Value::Real),
            Type::BYTEA => row
                .try_get::<_, Option<&[u8]>>(index)?
                .map_or(Value::Null, |bytes| Value::Blob(SmallVec::from_slice(bytes))),
            _ => row.try_get::<_, Option<String>>(index)?.map_or(Value::Null, Value::Text),
        });
    }
    Ok(Row(values))
}
