//! A multipart form in one piece of memory: a few fields and one file.

use aws_lc_rs::digest;
use bytes::Bytes;

use crate::limits::FILENAME_BYTES_MAX;

/// The body of an upload and the content type that names its boundary.
#[derive(Debug)]
pub struct Multipart {
    pub content_type: String,
    pub body: Bytes,
}

impl Multipart {
    /// The boundary is a digest of the file, which the file cannot contain by chance or by intent.
    pub fn new(fields: &[(&str, &str)], filename: &str, mime_type: &str, file: &[u8]) -> Self {
        let digest = digest::digest(&digest::SHA256, file);
        let boundary = format!("tidings-{}", hex::encode(&digest.as_ref()[..20]));
        let mut body = Vec::with_capacity(file.len() + 1_024);
        for (name, value) in fields {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend(value.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
            body.extend_from_slice(b"\r\n");
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
             Content-Type: {}\r\n\r\n",
            plain(filename),
            plain(mime_type),
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        Self { content_type: format!("multipart/form-data; boundary={boundary}"), body: body.into() }
    }
}

/// What may stand in a part's head: nothing that ends a line or a quoted text.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(FILENAME_BYTES_MAX));
    for character in text.chars() {
        if out.len() + character.len_utf8() > FILENAME_BYTES_MAX {
            break;
        }
        let odd = character.is_control() || matches!(character, '"' | '\\');
        out.push(if odd { '_' } else { character });
    }
    out
}
