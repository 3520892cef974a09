//! Media: upload, look up, fetch, delete.

use aws_lc_rs::digest;
use bytes::Bytes;
use http::header;
use indexmap::IndexMap;
use serde_json::json;

use crate::answer::Answer;
use crate::error::GraphError;
use crate::limits::{MAX_MEDIA_TOTAL_BYTES, MEDIA_KEPT_US, MEDIA_URL_VALID_S, SECOND_US};
use crate::router::{Call, base_url};
use crate::state::State;

struct Medium {
    kind: &'static str,
    mime: String,
    bytes: Bytes,
    sha256: String,
    until_us: i64,
}

/// The uploaded media, oldest first.
#[derive(Default)]
pub struct Shelf {
    media: IndexMap<String, Medium>,
    bytes: usize,
    last_id: u64,
}

/// Accepted types: MIME, kind, most bytes.
const TYPES: [(&str, &str, usize); 24] = [
    ("audio/aac", "audio", 16 << 20),
    ("audio/amr", "audio", 16 << 20),
    ("audio/mpeg", "audio", 16 << 20),
    ("audio/mp4", "audio", 16 << 20),
    ("audio/ogg", "audio", 16 << 20),
    ("audio/opus", "audio", 16 << 20),
    ("application/pdf", "document", 100 << 20),
    ("application/msword", "document", 100 << 20),
    ("application/vnd.ms-excel", "document", 100 << 20),
    ("application/vnd.ms-powerpoint", "document", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "document", 100 << 20),
    ("text/plain", "document", 100 << 20),
    ("image/jpeg", "image", 5 << 20),
    ("image/png", "image", 5 << 20),
    ("image/webp", "sticker", 500 << 10),
    ("video/mp4", "video", 16 << 20),
    ("video/3gpp", "video", 16 << 20),
    ("application/vnd.oasis.opendocument.text", "document", 100 << 20),
    ("application/vnd.oasis.opendocument.spreadsheet", "document", 100 << 20),
    ("application/vnd.oasis.opendocument.presentation", "document", 100 << 20),
    ("text/csv", "document", 100 << 20),
    ("application/json", "document", 100 << 20),
];

fn type_of(mime: &str) -> Option<(&'static str, usize)> {
    let plain = mime.split(';').next().unwrap_or("").trim();
    TYPES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(plain)).map(|&(_, kind, max)| (kind, max))
}

impl Shelf {
    /// Keeps a medium and drops the oldest ones when there is no room. Returns id and SHA-256.
    pub fn put(&mut self, now_us: i64, mime: &str, bytes: Bytes) -> (String, String) {
        self.last_id += 1;
        let id = format!("{}", 800_000_000_000_000 + self.last_id);
        let sha256 = hex::encode(digest::digest(&digest::SHA256, &bytes));
        self.bytes += bytes.len();
        while self.bytes > MAX_MEDIA_TOTAL_BYTES {
            let Some((_, oldest)) = self.media.shift_remove_index(0) else { break };
            self.bytes -= oldest.bytes.len();
        }
        let kind = type_of(mime).map_or("document", |(kind, _)| kind);
        let until_us = now_us + MEDIA_KEPT_US;
        self.media
            .insert(id.clone(), Medium { kind, mime: mime.into(), bytes, sha256: sha256.clone(), until_us });
        (id, sha256)
    }

    pub fn kind_of(&self, id: &str) -> Option<&'static str> {
        self.media.get(id).map(|medium| medium.kind)
    }

    pub fn remove(&mut self, id: &str) -> bool {
        match self.media.shift_remove(id) {
            Some(medium) => {
                self.bytes -= medium.bytes.len();
                true
            }
            None => false,
        }
    }
}

impl State {
    pub(crate) fn upload(&mut self, call: &Call<'_>) -> Answer {
        let kind = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        match read_form(kind, call.body) {
            Ok((mime, bytes)) => {
                let (id, _) = self.shelf.put(call.now_us, &mime, bytes);
                Answer::value(&json!({"id": id}))
            }
            Err(error) => self.refuse(&error),
        }
    }

    pub(crate) fn read_media(&self, call: &Call<'_>) -> Option<Answer> {
        let medium = self.shelf.media.get(call.node).filter(|medium| call.now_us < medium.until_us)?;
        let expires = call.now_us / SECOND_US + MEDIA_URL_VALID_S;
        let base = base_url(&self.config, call.host());
        let url = format!("{base}/_media/{}?ext={expires}&hash={}", call.node, &medium.sha256[..16]);
        Some(Answer::value(&json!({
            "messaging_product": "whatsapp",
            "url": url,
            "mime_type": medium.mime,
            "sha256": medium.sha256,
            "file_size": medium.bytes.len(),
            "id": call.node,
        })))
    }

    /// The bytes, while the address is fresh; afterwards 404, as at the real host.
    pub(crate) fn download(&self, call: &Call<'_>, id: &str) -> Answer {
        let fresh = call.query.get("ext").and_then(|text| text.parse::<i64>().ok());
        let fresh = fresh.is_some_and(|expires| call.now_us / SECOND_US <= expires);
        let found = self.shelf.media.get(id).filter(|medium| {
            fresh && call.now_us < medium.until_us && call.query.get("hash") == Some(&medium.sha256[..16])
        });
        match found {
            Some(medium) => Answer::typed(200, &medium.mime, medium.bytes.clone()),
            None => Answer::typed(404, "text/plain", Bytes::from_static(b"URL signature expired")),
        }
    }
}

/// The file of a multipart form, after its checks.
fn read_form(content_type: &str, body: &Bytes) -> Result<(String, Bytes), GraphError> {
    let boundary = content_type
        .strip_prefix("multipart/form-data")
        .and_then(|rest| rest.split_once("boundary="))
        .map(|(_, boundary)| boundary.split(';').next().unwrap_or("").trim_matches('"'))
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(|| GraphError::parameter("The request must be multipart/form-data."))?;
    let (mut product, mut kind, mut file) = (None, None, None);
    for part in parts(body, boundary) {
        match part.name.as_str() {
            "messaging_product" => product = Some(part.body),
            "type" => kind = Some(String::from_utf8_lossy(&part.body).into_owned()),
            "file" => file = Some(part),
            _ => {}
        }
    }
    if product.as_deref() != Some(b"whatsapp") {
        return Err(GraphError::parameter("The parameter messaging_product is required."));
    }
    let file = file.ok_or_else(|| GraphError::parameter("The parameter file is required."))?;
    let mime = if file.mime.is_empty() { kind.unwrap_or_default() } else { file.mime };
    let Some((_, max)) = type_of(&mime) else {
        let known: Vec<&str> = TYPES.iter().map(|(mime, ..)| *mime).collect();
        let list = known.join(", ");
        return Err(GraphError::parameter(format!(
            "Param file must be a file with one of the following types: {list}. Received file of type '{mime}'."
        )));
    };
    if file.body.is_empty() || file.body.len() > max {
        let details = format!("A file of type {mime} may have 1 to {max} bytes.");
        return Err(GraphError::new(131_053, details));
    }
    Ok((mime, file.body))
}

struct Part {
    name: String,
    mime: String,
    body: Bytes,
}

fn parts(body: &Bytes, boundary: &str) -> Vec<Part> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    let Some(start) = find(body, first.as_bytes()) else { return parts };
    let mut at = start + first.len();
    while body[at..].starts_with(b"\r\n") {
        let rest = &body[at + 2..];
        let (Some(head), Some(end)) = (find(rest, b"\r\n\r\n"), find(rest, next.as_bytes())) else { break };
        if head + 4 > end {
            break;
        }
        let begin = at + 2;
        let headers = String::from_utf8_lossy(&rest[..head]).into_owned();
        let line = |name: &str| {
            headers.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let disposition = line("content-disposition").unwrap_or_default();
        let name = disposition.split(';').find_map(|item| item.trim().strip_prefix("name="));
        parts.push(Part {
            name: name.unwrap_or("").trim_matches('"').to_owned(),
            mime: line("content-type").unwrap_or_default(),
            body: body.slice(begin + head + 4..begin + end),
        });
        at = begin + end + next.len();
    }
    parts
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
