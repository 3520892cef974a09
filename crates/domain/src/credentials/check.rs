//! What the connections of all providers have in common: hosts, addresses, texts with a bound.

use crate::limits::{BASE_URL_BYTES_MAX, HOST_BYTES_MAX};
use crate::problem::FieldProblem;

/// A name or an IP address, without scheme, port or user.
pub(super) fn host(problems: &mut Vec<FieldProblem>, field: &str, host: &str) {
    let plain =
        !host.is_empty() && host.len() <= HOST_BYTES_MAX && url::Host::parse(&bracketed(host)).is_ok();
    if !plain {
        problems.push(FieldProblem::new(
            field,
            "host.form",
            "Give a host name or an IP address, without a scheme and without a port.",
        ));
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

pub(super) fn port(problems: &mut Vec<FieldProblem>, port: u16) {
    if port == 0 {
        problems.push(FieldProblem::new("port", "port.zero", "A port is a number from 1 to 65535."));
    }
}

/// The address that an API's paths are put behind.
pub(super) fn base_url(problems: &mut Vec<FieldProblem>, text: &str) {
    let fits = text.len() <= BASE_URL_BYTES_MAX
        && url::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.host().is_some()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        });
    if !fits {
        problems.push(FieldProblem::new(
            "base_url",
            "base_url.form",
            "Give an address such as `https://api.example.com`, without user, query or fragment.",
        ));
    }
}

/// Printable ASCII without spaces, within bounds.
pub(super) fn word(problems: &mut Vec<FieldProblem>, field: &str, text: &str, chars: (usize, usize)) {
    let (min, max) = chars;
    if (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return;
    }
    let detail = format!("This takes {min} to {max} printable ASCII characters without spaces.");
    problems.push(FieldProblem::new(field, "field.form", detail));
}

/// An id that may stand in a path.
pub(super) fn path_id(problems: &mut Vec<FieldProblem>, field: &str, text: &str) {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if !fits {
        problems.push(FieldProblem::new(
            field,
            "field.form",
            "This id has 1 to 64 letters, digits, dashes and underscores.",
        ));
    }
}

pub(super) fn within(problems: &mut Vec<FieldProblem>, field: &str, n: u32, bounds: (u32, u32)) {
    let (min, max) = bounds;
    if !(min..=max).contains(&n) {
        let detail = format!("This is a number from {min} to {max}.");
        problems.push(FieldProblem::new(field, "field.range", detail));
    }
}
