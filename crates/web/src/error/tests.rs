use tidings_domain::actor::Permission;

use super::*;

fn field(code: &'static str) -> FieldProblem {
    FieldProblem { field: "to".to_owned(), code, detail: "why".to_owned() }
}

#[test]
fn every_outcome_has_one_status_and_one_code() {
    for (error, status, code, retry_after) in [
        (EngineError::Unauthorized, 401, "unauthorized", None),
        (EngineError::Forbidden(Permission::MessagesWrite), 403, "forbidden", None),
        (EngineError::NotFound("sender"), 404, "not_found", None),
        (EngineError::Invalid(vec![field("recipient.one")]), 400, "invalid_request", None),
        (EngineError::Invalid(vec![field("json.malformed")]), 400, "malformed_json", None),
        (EngineError::Invalid(vec![field("json.trailing")]), 400, "malformed_json", None),
        (EngineError::Conflict("taken".to_owned()), 409, "conflict", None),
        (EngineError::IdempotencyMismatch, 422, "idempotency_mismatch", None),
        (EngineError::IdempotencyInProgress, 409, "idempotency_in_progress", Some(1)),
        (EngineError::TooMany { retry_after_s: 7 }, 429, "too_many_requests", Some(7)),
        (EngineError::Unavailable { retry_after_s: 2 }, 503, "unavailable", Some(2)),
        (EngineError::Full, 507, "store_full", None),
        (EngineError::Provider(CallError::Transport(TransportError::Timeout)), 504, "provider_timeout", None),
        (
            EngineError::Provider(CallError::Transport(TransportError::Connect)),
            502,
            "provider_unreachable",
            None,
        ),
        (EngineError::Provider(CallError::Unreadable), 502, "provider_unreadable", None),
        (EngineError::Provider(CallError::Refused("too big".to_owned())), 422, "refused", None),
    ] {
        let shown = format!("{error:?}");
        let problem = Problem::from(error);
        assert_eq!((problem.status, problem.code), (status, code), "{shown}");
        assert_eq!(problem.retry_after_s, retry_after, "{shown}");
        assert_eq!(*problem.kind, *format!("urn:tidings:problem:{code}"));
    }
}

#[test]
fn a_missing_permission_is_named() {
    let problem = Problem::from(EngineError::Forbidden(Permission::PausesWrite));
    assert_eq!(problem.detail, "the key does not have the permission `pauses:write`");
}

#[test]
fn unreadable_json_beside_other_problems_stays_a_field() {
    let problem = Problem::from(EngineError::Invalid(vec![field("json.malformed"), field("content.one")]));
    assert_eq!((problem.code, problem.errors.len()), ("invalid_request", 2));
}
