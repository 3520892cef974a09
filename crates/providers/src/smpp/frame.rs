//! Frames: the length is read here, what is inside by the codec. So a body that the codec cannot read costs one message
//! and not the connection.

use bytes::{Buf, Bytes, BytesMut};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::{Command, CommandStatus, Pdu};
use tokio_util::codec::{Decoder, Encoder};

use crate::limits::SMPP_FRAME_BYTES_MAX;

const HEADER_BYTES: usize = 16;

/// One message of the other side.
#[derive(Debug)]
pub(super) struct Frame {
    pub id: u32,
    pub status: u32,
    pub sequence: u32,
    /// `None` where the body cannot be read.
    pub pdu: Option<Pdu>,
    /// The body as it came.
    pub body: Bytes,
}

#[derive(Debug, Default)]
pub(super) struct Frames;

impl Decoder for Frames {
    type Item = Frame;
    type Error = std::io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> std::io::Result<Option<Frame>> {
        if src.len() < HEADER_BYTES {
            return Ok(None);
        }
        let length = (&src[..4]).get_u32() as usize;
        if !(HEADER_BYTES..=SMPP_FRAME_BYTES_MAX).contains(&length) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "a length that cannot be"));
        }
        if src.len() < length {
            src.reserve(length - src.len());
            return Ok(None);
        }
        let whole = src.split_to(length).freeze();
        let mut head = &whole[4..HEADER_BYTES];
        let (id, status, sequence) = (head.get_u32(), head.get_u32(), head.get_u32());
        let mut copy = BytesMut::from(&whole[..]);
        let mut codec = CommandCodec::new().with_max_length(SMPP_FRAME_BYTES_MAX);
        let pdu = codec.decode(&mut copy).ok().flatten().and_then(|command| command.pdu().cloned());
        Ok(Some(Frame { id, status, sequence, pdu, body: whole.slice(HEADER_BYTES..) }))
    }
}

/// The octets of one message of ours.
pub(super) fn write(status: CommandStatus, sequence: u32, pdu: Pdu) -> Bytes {
    let mut out = BytesMut::new();
    let command = Command::new(status, sequence, pdu);
    CommandCodec::new().encode(&command, &mut out).expect("writing into memory cannot fail");
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> std::io::Result<Option<Frame>> {
        Frames.decode(&mut BytesMut::from(octets))
    }

    #[test]
    fn frames_come_whole_or_not_yet() {
        let link = write(CommandStatus::EsmeRok, 7, Pdu::EnquireLink);
        assert_eq!(&link[..], [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 7]);
        for length in 0..link.len() {
            assert!(read(&link[..length]).expect("not wrong").is_none());
        }
        let frame = read(&link).expect("whole").expect("whole");
        assert_eq!((frame.id, frame.status, frame.sequence), (0x15, 0, 7));
        assert!(matches!(frame.pdu, Some(Pdu::EnquireLink)));
    }

    #[test]
    fn lengths_that_cannot_be_end_the_connection_and_bodies_that_cannot_do_not() {
        for length in [0u32, 15, 70_001, u32::MAX] {
            let mut octets = length.to_be_bytes().to_vec();
            octets.extend([0; 12]);
            assert!(read(&octets).is_err(), "{length}");
        }
        // A deliver_sm whose body breaks off.
        let broken = [0, 0, 0, 18, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1];
        let frame = read(&broken).expect("a frame").expect("a frame");
        assert_eq!((frame.id, frame.sequence), (5, 9));
        assert!(frame.pdu.is_none());
        assert_eq!(&frame.body[..], [0, 1]);
    }
}
