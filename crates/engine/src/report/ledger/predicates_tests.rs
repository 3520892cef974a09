//! A message that fits breaks nothing; each single change breaks the promise that is about it.

use tidings_domain::category::Category;
use tidings_domain::id::{AccountId, Id as _, MessageId, SenderId, TenantId};
use tidings_store::model::DuePosition;

use super::*;

const NOW: Timestamp = Timestamp::from_secs(10_000);
const BEFORE: Timestamp = Timestamp::from_secs(9_000);
const SERVED: Moment = Moment { now: NOW, served: true };

fn attempt(number: u8, state: AttemptState) -> AuditedAttempt {
    AuditedAttempt {
        number,
        state,
        epoch: 3,
        claimed_at: NOW,
        retry_at: None,
        doubt_until: None,
        doubted: false,
    }
}

/// Accepted, claimed once, read.
fn read() -> Audited {
    Audited {
        tenant: TenantId::from_bytes([1; 16]),
        id: MessageId::from_bytes([2; 16]),
        account: AccountId::from_bytes([3; 16]),
        sender: SenderId::from_bytes([4; 16]),
        category: Category::Utility,
        created_at: BEFORE,
        due_at: BEFORE,
        terminal: Terminal::None,
        reason: None,
        attempts: vec![attempt(1, AttemptState::Read)],
        ways: Vec::new(),
        due: Vec::new(),
        attention: None,
        has_content: true,
        log: vec![Kind::MessageAccepted, Kind::MessageSubmitting, Kind::MessageRead],
    }
}

fn waiting() -> Audited {
    Audited { attempts: Vec::new(), due: vec![(BEFORE, 1)], log: vec![Kind::MessageAccepted], ..read() }
}

fn resent() -> Audited {
    let first = AuditedAttempt { doubted: true, retry_at: Some(BEFORE), ..attempt(1, AttemptState::Unknown) };
    let log = vec![
        Kind::MessageAccepted,
        Kind::MessageSubmitting,
        Kind::MessageInDoubt,
        Kind::MessageSubmitting,
        Kind::MessageSent,
    ];
    Audited { attempts: vec![first, attempt(2, AttemptState::Sent)], log, ..read() }
}

fn doubted() -> Audited {
    let first = AuditedAttempt { doubted: true, doubt_until: Some(NOW), ..attempt(1, AttemptState::InDoubt) };
    let log = vec![Kind::MessageAccepted, Kind::MessageSubmitting, Kind::MessageInDoubt];
    Audited { attempts: vec![first], attention: Some(AttentionKind::InDoubt), log, ..read() }
}

/// Sent and not delivered in time; another way waits in its queue.
fn another_way() -> Audited {
    let first = AuditedAttempt { retry_at: Some(BEFORE), ..attempt(1, AttemptState::Sent) };
    let way = AuditedWay { sender: SenderId::from_bytes([5; 16]), first_attempt: 2 };
    let log = vec![Kind::MessageAccepted, Kind::MessageSubmitting, Kind::MessageSent, Kind::MessageFellBack];
    Audited { attempts: vec![first], ways: vec![way], due: vec![(BEFORE, 2)], log, ..read() }
}

/// Both ways have left, and neither was in doubt.
fn both_ways() -> Audited {
    let one = another_way();
    let mut log = one.log.clone();
    log.push(Kind::MessageSubmitting);
    let attempts = vec![one.attempts[0].clone(), attempt(2, AttemptState::Delivered)];
    Audited { attempts, due: Vec::new(), log, ..one }
}

fn failed() -> Audited {
    Audited {
        attempts: vec![attempt(1, AttemptState::Failed)],
        terminal: Terminal::Failed,
        reason: Some("provider.131026".to_owned()),
        attention: Some(AttentionKind::Failed),
        log: vec![Kind::MessageAccepted, Kind::MessageSubmitting, Kind::MessageFailed],
        ..read()
    }
}

fn promises(m: &Audited) -> Vec<&'static str> {
    message(m, SERVED).into_iter().map(|broken| broken.promise).collect()
}

#[test]
fn what_fits_breaks_nothing() {
    for (n, m) in
        [read(), waiting(), resent(), doubted(), failed(), another_way(), both_ways()].iter().enumerate()
    {
        assert_eq!(promises(m), Vec::<&str>::new(), "{n}");
    }
}

/// What is done to which message, and the promise that it breaks.
type Row = (&'static str, fn() -> Audited, fn(&mut Audited));

#[test]
fn each_change_breaks_its_promise() {
    let table: &[Row] = &[
        ("lost", waiting, |m| m.due.clear()),
        ("lost", waiting, |m| m.has_content = false),
        ("queue", waiting, |m| m.due[0].1 = 2),
        ("queue", read, |m| m.due.push((BEFORE, 2))),
        ("attempts", resent, |m| m.attempts[1].number = 3),
        ("twice", resent, |m| m.attempts[0].doubted = false),
        ("twice", both_ways, |m| m.ways[0].first_attempt = 3),
        ("lost", another_way, |m| m.due.clear()),
        ("queue", another_way, |m| m.due[0].1 = 3),
        ("queue", both_ways, |m| m.due.push((BEFORE, 3))),
        ("attempts", both_ways, |m| m.attempts[0].number = 2),
        ("epoch", resent, |m| m.attempts[0].epoch = 4),
        ("doubt", doubted, |m| m.attempts[0].doubt_until = None),
        ("stuck", doubted, |m| m.attempts[0].doubt_until = Some(BEFORE)),
        ("stuck", read, |m| {
            m.attempts[0].state = AttemptState::Claimed;
            m.attempts[0].claimed_at = BEFORE;
        }),
        ("attention", doubted, |m| m.attention = None),
        ("attention", read, |m| m.attention = Some(AttentionKind::Dead)),
        ("end", failed, |m| m.reason = None),
        ("end", failed, |m| m.terminal = Terminal::None),
        ("log", read, |m| m.log.push(Kind::MessageSubmitting)),
        ("log", failed, |m| {
            m.log.pop();
        }),
    ];
    for (n, (promise, make, change)) in table.iter().enumerate() {
        let mut m = make();
        change(&mut m);
        assert_eq!(promises(&m), [*promise], "row {n}");
    }
}

#[test]
fn a_claim_is_overdue_only_while_somebody_serves() {
    let mut m = read();
    m.attempts[0] = AuditedAttempt { claimed_at: BEFORE, ..attempt(1, AttemptState::Claimed) };
    assert_eq!(message(&m, Moment { now: NOW, served: false }), []);
    assert_eq!(promises(&m), ["stuck"]);
}

#[test]
fn a_log_whose_beginning_is_gone_says_nothing() {
    let mut m = read();
    m.log = vec![Kind::MessageRead];
    assert_eq!(promises(&m), Vec::<&str>::new());
}

#[test]
fn rows_of_the_queue_belong_to_open_messages() {
    let position = DuePosition {
        sender: SenderId::from_bytes([4; 16]),
        category: Category::Utility,
        due_at: BEFORE,
        message: MessageId::from_bytes([2; 16]),
    };
    let row = |attempt, message| {
        let tenant = TenantId::from_bytes([1; 16]);
        queued(&AuditedDue { position, tenant, attempt, message }).len()
    };
    assert_eq!(row(1, Some((Terminal::None, 0))), 0);
    assert_eq!(row(2, Some((Terminal::None, 1))), 0);
    assert_eq!(row(1, None), 1);
    assert_eq!(row(1, Some((Terminal::Canceled, 0))), 1);
    assert_eq!(row(1, Some((Terminal::None, 1))), 1);
}
