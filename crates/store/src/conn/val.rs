//! A value on its way into a statement.

use tidings_domain::category::{Category, Channel};
use tidings_domain::event::Kind;
use tidings_domain::id::*;
use tidings_domain::lifecycle::{AttemptState, Terminal};
use tidings_domain::time::Timestamp;
use tidings_domain::trace::TraceId;

use crate::model::{AttentionKind, Hash16};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Val<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a, T: Into<Val<'a>>> From<Option<T>> for Val<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! from {
    ($($(#[$meta:meta])* $type:ty, $name:ident => $value:expr;)*) => {$(
        impl<'a> From<$type> for Val<'a> { fn from($name: $type) -> Self { $value } }
    )*};
}

from! {
    i64, value => Self::Int(value);
    i32, value => Self::Int(i64::from(value));
    u8, value => Self::Int(i64::from(value));
    u16, value => Self::Int(i64::from(value));
    u32, value => Self::Int(i64::from(value));
    bool, value => Self::Int(i64::from(value));
    f64, value => Self::Real(value);
    Timestamp, value => Self::Int(value.micros());
    Category, value => Self::Int(value.code());
    Channel, value => Self::Int(value.code());
    AttemptState, value => Self::Int(value.code());
    Terminal, value => Self::Int(value.code());
    Kind, value => Self::Int(value.code());
    AttentionKind, value => Self::Int(value as i64);
    &'a str, value => Self::Text(value);
    &'a String, value => Self::Text(value);
    &'a [u8], value => Self::Blob(value);
    &'a Vec<u8>, value => Self::Blob(value);
    &'a Hash16, value => Self::Blob(&value.0);
    &'a TraceId, value => Self::Blob(value.as_bytes());
    &'a TenantId, value => Self::Blob(value.as_bytes());
    &'a AccountId, value => Self::Blob(value.as_bytes());
    &'a SenderId, value => Self::Blob(value.as_bytes());
    &'a ContactId, value => Self::Blob(value.as_bytes());
    &'a MessageId, value => Self::Blob(value.as_bytes());
    &'a ConsentId, value => Self::Blob(value.as_bytes());
    &'a TemplateId, value => Self::Blob(value.as_bytes());
    &'a InboundId, value => Self::Blob(value.as_bytes());
    &'a MediaId, value => Self::Blob(value.as_bytes());
    &'a KeyId, value => Self::Blob(value.as_bytes());
    &'a PauseId, value => Self::Blob(value.as_bytes());
    &'a RuleId, value => Self::Blob(value.as_bytes());
    &'a SessionId, value => Self::Blob(value.as_bytes());
    &'a CallbackId, value => Self::Blob(value.as_bytes());
    &'a CatalogueId, value => Self::Blob(value.as_bytes());
    &'a VersionId, value => Self::Blob(value.as_bytes());
    &'a AttemptId, value => Self::Blob(value.as_bytes());
    &'a VerificationId, value => Self::Blob(value.as_bytes());
    &'a ListedId, value => Self::Blob(value.as_bytes());
    &'a TopicId, value => Self::Blob(value.as_bytes());
    &'a FormId, value => Self::Blob(value.as_bytes());
    &'a ImportId, value => Self::Blob(value.as_bytes());
}

impl<'a, const N: usize> From<&'a [u8; N]> for Val<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Blob(value)
    }
}
