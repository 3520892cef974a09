//! Samples of headers: a session is opened, bytes come in pieces, a handle comes out.

use std::collections::BTreeMap;

use serde_json::json;

use crate::answer::Answer;
use crate::error::GraphError;
use crate::limits::{MAX_SAMPLE_BYTES, MAX_SAMPLE_SESSIONS};
use crate::router::Call;
use crate::state::State;

struct Session {
    wanted: u64,
    received: u64,
    mime: String,
}

/// Sessions that are open or done, the oldest of which go first.
#[derive(Default)]
pub(crate) struct Samples {
    sessions: BTreeMap<u64, Session>,
    last: u64,
}

const MIMES: [&str; 8] = [
    "image/jpeg",
    "image/jpg",
    "image/png",
    "image/gif",
    "video/mp4",
    "video/3gpp",
    "application/pdf",
    "text/plain",
];

fn number(node: &str) -> Option<u64> {
    u64::from_str_radix(node.strip_prefix("upload:")?.trim_end_matches('='), 16).ok()
}

impl State {
    pub(crate) fn open_sample(&mut self, call: &Call<'_>) -> Answer {
        let wanted = call.query.get("file_length").and_then(|text| text.parse::<u64>().ok());
        let mime = call.query.get("file_type").unwrap_or_default();
        let Some(wanted) = wanted.filter(|n| (1..=MAX_SAMPLE_BYTES).contains(n)) else {
            return self.refuse(&GraphError::parameter("Param file_length is not valid."));
        };
        if !MIMES.contains(&mime) {
            return self.refuse(&GraphError::parameter("Param file_type is not supported."));
        }
        self.samples.last += 1;
        let id = self.samples.last;
        self.samples.sessions.insert(id, Session { wanted, received: 0, mime: mime.to_owned() });
        if self.samples.sessions.len() > MAX_SAMPLE_SESSIONS {
            self.samples.sessions.pop_first();
        }
        Answer::value(&json!({"id": format!("upload:{id:016x}==?sig=ARZ{id:08x}")}))
    }

    pub(crate) fn take_sample(&mut self, call: &Call<'_>) -> Answer {
        let offset =
            call.headers.get("file_offset").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let session = number(call.node).and_then(|id| Some((id, self.samples.sessions.get_mut(&id)?)));
        let Some((id, session)) = session else {
            return self.refuse(&GraphError::unknown_object("post", call.node));
        };
        if offset != Some(session.received) || session.received + call.body.len() as u64 > session.wanted {
            return self.refuse(&GraphError::parameter("The offset does not continue the upload."));
        }
        session.received += call.body.len() as u64;
        if session.received < session.wanted {
            return Answer::value(&json!({"id": call.node, "file_offset": session.received}));
        }
        Answer::value(&json!({"h": format!("4::{}:{id:016x}", hex::encode(&session.mime))}))
    }

    pub(crate) fn sample_offset(&mut self, call: &Call<'_>) -> Answer {
        match number(call.node).and_then(|id| self.samples.sessions.get(&id)) {
            Some(session) => Answer::value(&json!({"id": call.node, "file_offset": session.received})),
            None => self.refuse(&GraphError::unknown_object("get", call.node)),
        }
    }
}
