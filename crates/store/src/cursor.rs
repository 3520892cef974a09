//! Cursors: where a list or a reader continues, as an opaque text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use tidings_domain::id::{Id, InboundId, MessageId};
use tidings_domain::time::Timestamp;

use crate::model::{Hash16, LogPosition, Page};

/// The text is not a cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of this list")]
pub struct BadCursor;

/// What a list continues from.
pub trait Cursor: Sized {
    /// Tells the cursors of different lists apart.
    const KIND: u8;
    fn pack(&self) -> Vec<u8>;
    fn unpack(bytes: &[u8]) -> Option<Self>;

    fn encode(&self) -> String {
        let mut bytes = vec![Self::KIND];
        bytes.extend(self.pack());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Result<Self, BadCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        match bytes.split_first() {
            Some((kind, rest)) if *kind == Self::KIND => Self::unpack(rest).ok_or(BadCursor),
            _ => Err(BadCursor),
        }
    }
}

macro_rules! id_cursor {
    ($($id:ty = $kind:literal;)*) => {$(
        impl Cursor for $id {
            const KIND: u8 = $kind;
            fn pack(&self) -> Vec<u8> { Id::bytes(self).to_vec() }
            fn unpack(bytes: &[u8]) -> Option<Self> { bytes.try_into().ok().map(<$id as Id>::from_bytes) }
        }
    )*};
}

id_cursor! {
    MessageId = 1;
    InboundId = 2;
    tidings_domain::id::ConsentId = 3;
    tidings_domain::id::CallbackId = 4;
    tidings_domain::id::ContactId = 40;
    tidings_domain::id::ImportId = 41;
}

impl Cursor for Hash16 {
    const KIND: u8 = 5;
    fn pack(&self) -> Vec<u8> {
        self.0.to_vec()
    }
    fn unpack(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Continues a list ordered by time, then message.
impl Cursor for (Timestamp, MessageId) {
    const KIND: u8 = 6;
    fn pack(&self) -> Vec<u8> {
        [&self.0.micros().to_be_bytes()[..], &Id::bytes(&self.1)].concat()
    }
    fn unpack(bytes: &[u8]) -> Option<Self> {
        let (at, id) = bytes.split_at_checked(8)?;
        let at = Timestamp::from_micros(i64::from_be_bytes(at.try_into().ok()?));
        Some((at, <MessageId as Id>::from_bytes(id.try_into().ok()?)))
    }
}

impl Cursor for LogPosition {
    const KIND: u8 = 7;
    fn pack(&self) -> Vec<u8> {
        [self.generation, self.transaction, self.sequence].iter().flat_map(|n| n.to_be_bytes()).collect()
    }
    fn unpack(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(i64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        (bytes.len() == 24).then_some(())?;
        Some(Self { generation: number(0)?, transaction: number(8)?, sequence: number(16)? })
    }
}

impl<T, C: Cursor> Page<T, C> {
    /// One more row than the limit was read to know whether there is a next page.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> C) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    pub fn encoded(self) -> Page<T, String> {
        Page { items: self.items, next: self.next.map(|next| next.encode()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_refuse_others() {
        let id = MessageId::from_bytes([7; 16]);
        assert_eq!(MessageId::decode(&Cursor::encode(&id)), Ok(id));
        let pair = (Timestamp::from_micros(-5), id);
        assert_eq!(<(Timestamp, MessageId)>::decode(&pair.encode()), Ok(pair));
        let at = LogPosition { generation: 1, transaction: 2, sequence: 3 };
        assert_eq!(LogPosition::decode(&at.encode()), Ok(at));
        assert_eq!(LogPosition::decode(&Cursor::encode(&id)), Err(BadCursor));
        for text in ["", "!", "AQ", "AAAA"] {
            assert_eq!(MessageId::decode(text), Err(BadCursor), "{text}");
        }
    }
}
