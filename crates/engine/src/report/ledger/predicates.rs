//! The predicates over one message and over one row of the queue.

use tidings_domain::event::Kind;
use tidings_domain::lifecycle::{AttemptState, Status, Terminal};
use tidings_domain::time::Timestamp;
use tidings_store::model::{AttentionKind, Audited, AuditedAttempt, AuditedDue, AuditedWay};
use tidings_store::status::{Last, status};

use super::Broken;
use crate::limits::{LEDGER_CLAIM_US, LEDGER_DOUBT_US};

/// When the look is taken, and whether a server is at work meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    /// Only then a claim or a doubt can be overdue.
    pub served: bool,
}

/// Every promise that this message breaks.
pub fn message(m: &Audited, moment: Moment) -> Vec<Broken> {
    let shown = shown(m, moment.now);
    let checks = [
        numbers(m),
        queue(m, shown),
        end(m, shown),
        overdue(m, moment),
        twice(m),
        epochs(m),
        content(m, shown),
        attention(m, shown),
        log(m),
    ];
    let broken = checks.into_iter().flatten();
    broken
        .map(|(promise, found)| Broken { promise, tenant: m.tenant, subject: m.id.to_string(), found })
        .collect()
}

/// A row of the queue belongs to a message that goes on with exactly that attempt.
pub fn queued(row: &AuditedDue) -> Vec<Broken> {
    let found = match row.message {
        None => "the queue names it and there is no such message".to_owned(),
        Some((terminal, _)) if terminal != Terminal::None => {
            format!("it ended ({terminal:?}) and still stands in the queue")
        }
        Some((_, attempts)) if row.attempt != attempts + 1 => {
            format!("the queue waits with attempt {} and it has {attempts}", row.attempt)
        }
        Some(_) => return Vec::new(),
    };
    vec![Broken { promise: "queue", tenant: row.tenant, subject: row.position.message.to_string(), found }]
}

type Found = Option<(&'static str, String)>;

pub(super) fn shown(m: &Audited, now: Timestamp) -> Status {
    let last = |each: &AuditedAttempt| Last { state: each.state, retry_at: each.retry_at };
    status(m.terminal, m.due_at, m.attempts.iter().map(last), now)
}

fn stands(m: &Audited) -> bool {
    m.attempts.iter().any(|attempt| attempt.state.stands())
}

fn numbers(m: &Audited) -> Found {
    let told: Vec<u8> = m.attempts.iter().map(|attempt| attempt.number).collect();
    if !m.ways.is_empty() {
        // A way that was never submitted keeps its number.
        let rising = told.is_sorted_by(|a, b| a < b);
        return (!rising).then(|| ("attempts", format!("its attempts are numbered {told:?}")));
    }
    let counted: Vec<u8> = (1..=told.len() as u8).collect();
    (told != counted).then(|| ("attempts", format!("its attempts are numbered {told:?}")))
}

/// Where the message waits in the queue, if it waits.
fn expected(m: &Audited) -> Option<(Timestamp, u8)> {
    if let Some(way) = m.ways.last() {
        return of_way(m, *way);
    }
    if stands(m) || m.terminal != Terminal::None {
        return None;
    }
    match m.attempts.last() {
        None => Some((m.due_at, 1)),
        Some(last) => last.retry_at.map(|at| (at, last.number + 1)),
    }
}

/// Another way may wait although one before it stands, and without an attempt before it.
fn of_way(m: &Audited, way: AuditedWay) -> Option<(Timestamp, u8)> {
    if m.terminal != Terminal::None {
        return None;
    }
    match m.attempts.last() {
        None => m.due.first().copied(),
        Some(last) => last.retry_at.map(|at| (at, way.first_attempt.max(last.number + 1))),
    }
}

/// Open work and rows of the queue are the same thing seen twice.
fn queue(m: &Audited, shown: Status) -> Found {
    match (expected(m), m.due.as_slice()) {
        (Some(wanted), [found]) if wanted == *found => None,
        (None, []) => None,
        (Some(_), []) => Some(("lost", format!("it is {shown} and nothing in the queue makes it go"))),
        (None, rows) => {
            Some(("queue", format!("it is {shown} and stands in the queue {} times", rows.len())))
        }
        (Some((at, n)), rows) => {
            Some(("queue", format!("attempt {n} is due at {at} and the queue says {rows:?}")))
        }
    }
}

/// Whoever needs nothing more stands or has a reason; a doubt has a time at which it is decided.
fn end(m: &Audited, shown: Status) -> Found {
    let last = m.attempts.last();
    if let Some(doubt) =
        m.attempts.iter().find(|each| each.state == AttemptState::InDoubt && each.doubt_until.is_none())
    {
        return Some(("doubt", format!("attempt {} is in doubt and nothing decides it", doubt.number)));
    }
    if m.terminal != Terminal::None || shown.is_open() || stands(m) {
        let needs = matches!(m.terminal, Terminal::Failed | Terminal::Denied | Terminal::Unknown);
        let missing = needs && m.reason.is_none();
        return missing.then(|| ("end", format!("it is {shown} and nothing says why")));
    }
    let state = last.map_or("none", |each| each.state.as_str());
    Some(("end", format!("it is {shown}, its last attempt is {state}, and nothing says why it ended")))
}

/// No claim is older than its lease and its request, no doubt older than its time.
fn overdue(m: &Audited, moment: Moment) -> Found {
    if !moment.served {
        return None;
    }
    m.attempts.iter().find_map(|each| match (each.state, each.doubt_until) {
        (AttemptState::Claimed, _) if moment.now.since(each.claimed_at) > LEDGER_CLAIM_US => Some((
            "stuck",
            format!("attempt {} was claimed at {} and never answered", each.number, each.claimed_at),
        )),
        (AttemptState::InDoubt, Some(until)) if moment.now.since(until) > LEDGER_DOUBT_US => {
            Some(("stuck", format!("the doubt about attempt {} was to be decided at {until}", each.number)))
        }
        _ => None,
    })
}

/// Another attempt was made only when the ones before had failed or were doubted.
fn twice(m: &Audited) -> Found {
    let another_way = |n: u8| m.ways.iter().any(|way| way.first_attempt == n);
    let pairs = m.attempts.windows(2).filter(|pair| !another_way(pair[1].number));
    let undoubted =
        pairs.map(|pair| &pair[0]).find(|each| each.state != AttemptState::Failed && !each.doubted)?;
    let state = undoubted.state.as_str();
    Some((
        "twice",
        format!("attempt {} is {state}, never was in doubt, and another followed", undoubted.number),
    ))
}

/// A later attempt is never claimed under an earlier owner's epoch.
fn epochs(m: &Audited) -> Found {
    let known: Vec<i64> = m.attempts.iter().map(|each| each.epoch).filter(|epoch| *epoch > 0).collect();
    (!known.is_sorted()).then(|| ("epoch", format!("its attempts were claimed under the epochs {known:?}")))
}

fn content(m: &Audited, shown: Status) -> Found {
    (shown.is_open() && !m.has_content).then(|| ("lost", format!("it is {shown} and its content is gone")))
}

/// What needs a person stands in the list of what needs a person, and nothing else does.
fn attention(m: &Audited, shown: Status) -> Found {
    use AttentionKind as Kind;
    let wanted: &[Option<Kind>] = match shown {
        Status::Denied => &[Some(Kind::Denied)],
        Status::Failed => &[Some(Kind::Failed), Some(Kind::Dead)],
        Status::InDoubt => &[Some(Kind::InDoubt)],
        Status::Unknown => &[Some(Kind::Unknown)],
        _ => &[None],
    };
    let found = m.attention;
    (!wanted.contains(&found)).then(|| ("attention", format!("it is {shown} and is listed as {found:?}")))
}

/// The log tells the same story. Where retention took its beginning, there is nothing to compare.
fn log(m: &Audited) -> Found {
    let count = |kinds: &[Kind]| m.log.iter().filter(|kind| kinds.contains(kind)).count();
    let whole = m.log.first().is_some_and(|kind| {
        matches!(kind, Kind::MessageAccepted | Kind::MessageDenied | Kind::MessageExpired)
    });
    if !whole {
        return None;
    }
    let claims = count(&[Kind::MessageSubmitting]);
    let taken_back = count(&[Kind::MessageRequeued]);
    let attempts = m.attempts.iter().filter(|each| each.epoch > 0).count();
    if claims != attempts + taken_back {
        return Some((
            "log",
            format!(
                "the log has {claims} claims and {taken_back} taken back, and it has {attempts} attempts"
            ),
        ));
    }
    let doubts = count(&[Kind::MessageInDoubt]);
    let doubted = m.attempts.iter().filter(|each| each.doubted).count();
    if doubts < doubted {
        return Some(("log", format!("{doubted} attempts were in doubt and the log knows of {doubts}")));
    }
    let wanted = match m.terminal {
        Terminal::Canceled => Kind::MessageCanceled,
        Terminal::Expired => Kind::MessageExpired,
        Terminal::Denied => Kind::MessageDenied,
        Terminal::Unknown => Kind::MessageUnknown,
        Terminal::Failed => Kind::MessageFailed,
        Terminal::None => return None,
    };
    (count(&[wanted]) == 0)
        .then(|| ("log", format!("it ended as {:?} and the log does not say so", m.terminal)))
}

#[cfg(test)]
#[path = "predicates_tests.rs"]
mod tests;
