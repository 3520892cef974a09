//! A row that came back, owned.

use smallvec::SmallVec;
use tidings_domain::category::{Category, Channel};
use tidings_domain::id::Id;
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use crate::error::{Result, StoreError};
use crate::model::Hash16;

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    /// Ids fit without an allocation.
    Blob(SmallVec<[u8; 16]>),
}

#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<Value>);

const MISMATCH: StoreError = StoreError::Corrupt("a column has another type than expected");

impl Row {
    /// The value of a column, in the type that the caller names.
    pub(crate) fn get<T: FromValue>(&self, index: usize) -> Result<T> {
        T::from_value(self.0.get(index).ok_or(MISMATCH)?)
    }
    /// An identifier; `Option<…>` columns go through [`Row::opt_id`].
    pub(crate) fn id<I: Id>(&self, index: usize) -> Result<I> {
        Ok(I::from_bytes(self.get::<[u8; 16]>(index)?))
    }
    pub(crate) fn opt_id<I: Id>(&self, index: usize) -> Result<Option<I>> {
        Ok(self.get::<Option<[u8; 16]>>(index)?.map(I::from_bytes))
    }
    pub(crate) fn text(&self, index: usize) -> Result<&str> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(MISMATCH),
        }
    }
    pub(crate) fn blob(&self, index: usize) -> Result<&[u8]> {
        match self.0.get(index) {
            Some(Value::Blob(bytes)) => Ok(bytes),
            _ => Err(MISMATCH),
        }
    }
}

pub(crate) trait FromValue: Sized {
    fn from_value(value: &Value) -> Result<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Result<Self> {
        if matches!(value, Value::Null) { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: &Value) -> Result<Self> {
        match value {
            Value::Blob(bytes) => bytes.as_slice().try_into().map_err(|_| MISMATCH),
            _ => Err(MISMATCH),
        }
    }
}

macro_rules! read {
    ($($type:ty: $pattern:pat => $value:expr;)*) => {$(
        impl FromValue for $type {
            fn from_value(value: &Value) -> Result<Self> {
                match value { $pattern => $value, _ => Err(MISMATCH) }
            }
        }
    )*};
}

read! {
    i64: Value::Int(value) => Ok(*value);
    bool: Value::Int(value) => Ok(*value != 0);
    u8: Value::Int(value) => u8::try_from(*value).map_err(|_| MISMATCH);
    u16: Value::Int(value) => u16::try_from(*value).map_err(|_| MISMATCH);
    u32: Value::Int(value) => u32::try_from(*value).map_err(|_| MISMATCH);
    u64: Value::Int(value) => u64::try_from(*value).map_err(|_| MISMATCH);
    f64: Value::Real(value) => Ok(*value);
    String: Value::Text(value) => Ok(value.clone());
    Vec<u8>: Value::Blob(value) => Ok(value.to_vec());
    Timestamp: Value::Int(value) => Ok(Timestamp::from_micros(*value));
    Category: Value::Int(value) => Category::from_code(*value).ok_or(MISMATCH);
    Channel: Value::Int(value) => Channel::from_code(*value).ok_or(MISMATCH);
    AttemptState: Value::Int(value) => AttemptState::from_code(*value).ok_or(MISMATCH);
    Terminal: Value::Int(value) => Terminal::from_code(*value).ok_or(MISMATCH);
}

impl FromValue for Hash16 {
    fn from_value(value: &Value) -> Result<Self> {
        <[u8; 16]>::from_value(value).map(Hash16)
    }
}

impl FromValue for TraceId {
    fn from_value(value: &Value) -> Result<Self> {
        TraceId::from_bytes(<[u8; 16]>::from_value(value)?).ok_or(MISMATCH)
    }
}
