//! Cookies: reading one from a request, writing one to an answer.

/// The session's cookie. With TLS its name has the prefix that browsers tie to this host and to TLS.
pub const fn session_name(tls: bool) -> &'static str {
    if tls { "__Host-tidings" } else { "tidings" }
}

/// The tenant that an operator looks at.
pub const fn tenant_name(tls: bool) -> &'static str {
    if tls { "__Host-tidings-tenant" } else { "tidings-tenant" }
}

/// The value of a cookie. A name that is there twice counts as absent: somebody else set one of them.
pub fn get<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for header in headers.get_all(http::header::COOKIE) {
        for pair in header.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else { continue };
            if key == name {
                if found.is_some() {
                    return None;
                }
                found = Some(value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value));
            }
        }
    }
    found.filter(|value| !value.is_empty())
}

/// A `Set-Cookie` value. `max_age_s` zero takes the cookie away.
pub fn set(name: &str, value: &str, tls: bool, max_age_s: u32) -> String {
    debug_assert!(value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "cookie value");
    let secure = if tls { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> http::HeaderMap {
        let mut map = http::HeaderMap::new();
        for line in lines {
            map.append(http::header::COOKIE, line.parse().expect("a header value"));
        }
        map
    }

    #[test]
    fn reads_one_cookie_by_its_whole_name() {
        for (lines, want) in [
            (&["tidings=abc"][..], Some("abc")),
            (&["a=1; tidings=abc; b=2"], Some("abc")),
            (&["a=1", "tidings=abc"], Some("abc")),
            (&["tidings=\"abc\""], Some("abc")),
            (&["tidings=a=b"], Some("a=b")),
            (&["xtidings=abc; tidings-tenant=t"], None),
            (&["tidings="], None),
            (&["tidings"], None),
            (&["tidings=one; tidings=two"], None),
            (&["tidings=one", "tidings=two"], None),
            (&[], None),
        ] {
            assert_eq!(get(&headers(lines), "tidings"), want, "{lines:?}");
        }
    }

    #[test]
    fn a_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        assert_eq!(
            set(session_name(true), "v", true, 60),
            "__Host-tidings=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            set(session_name(false), "", false, 0),
            "tidings=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
