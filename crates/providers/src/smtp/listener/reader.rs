//! Lines as SMTP has them: ended by CR LF and by nothing else.
//!
//! A bare LF or CR is an error that ends the connection: what one server takes for the end of a mail and another does
//! not is how mails are smuggled.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::limits::{LISTENER_LINE_BYTES_MAX, LISTENER_MAIL_BYTES_MAX};

/// Why there is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineError {
    Closed,
    /// A bare LF or CR.
    Bare,
    TooLong,
}

/// A mail's bytes, or that they were more than allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mail {
    Whole(Vec<u8>),
    TooLarge,
}

pub(super) struct Reader<R> {
    from: R,
    buffer: Vec<u8>,
    at: usize,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub fn new(from: R) -> Self {
        Self { from, buffer: Vec::new(), at: 0 }
    }

    /// The next line without its end.
    pub async fn line(&mut self) -> Result<Vec<u8>, LineError> {
        let mut searched = self.at;
        loop {
            if let Some(found) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                let end = searched + found;
                let line = &self.buffer[self.at..end];
                let Some(line) = line.strip_suffix(b"\r") else { return Err(LineError::Bare) };
                if line.contains(&b'\r') || line.contains(&0) {
                    return Err(LineError::Bare);
                }
                if line.len() > LISTENER_LINE_BYTES_MAX {
                    return Err(LineError::TooLong);
                }
                let line = line.to_vec();
                self.at = end + 1;
                return Ok(line);
            }
            if self.buffer.len() - self.at > LISTENER_LINE_BYTES_MAX + 2 {
                return Err(LineError::TooLong);
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            if self.from.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return Err(LineError::Closed);
            }
        }
    }

    /// A mail up to its final dot, with the dots that were doubled taken away. One that is too large is read to its
    /// end, so that it can be answered.
    pub async fn mail(&mut self) -> Result<Mail, LineError> {
        let mut mail = Vec::new();
        let mut large = false;
        loop {
            let line = self.line().await?;
            if line == b"." {
                return Ok(if large { Mail::TooLarge } else { Mail::Whole(mail) });
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            large |= mail.len() + line.len() + 2 > LISTENER_MAIL_BYTES_MAX;
            if !large {
                mail.extend_from_slice(line);
                mail.extend_from_slice(b"\r\n");
            }
        }
    }
}
