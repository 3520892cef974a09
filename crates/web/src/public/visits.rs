//! How often one visitor may come: pages for recipients are open to everybody, and nobody needs them often.
//!
//! Looks and submissions are paced apart, each by the time at which the visitor's allowance will be whole again. The
//! table is bounded: whoever finds it full shares one allowance with all others who do.

use std::collections::HashMap;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use parking_lot::Mutex;

use super::page::note;
use super::visitor::Visitor;
use crate::limits::{
    VISIT_LOOK_EVERY_US, VISIT_LOOKS_AT_ONCE, VISIT_SUBMISSION_EVERY_US, VISIT_SUBMISSIONS_AT_ONCE,
    VISITORS_MAX, VISITORS_SWEEP_US,
};
use crate::server::Peer;
use crate::state::AppState;

/// What a visitor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Look,
    Submit,
}

impl Act {
    /// Microseconds between two, and how many may come at once.
    fn pace(self) -> (i64, i64) {
        match self {
            Self::Look => (VISIT_LOOK_EVERY_US, VISIT_LOOKS_AT_ONCE),
            Self::Submit => (VISIT_SUBMISSION_EVERY_US, VISIT_SUBMISSIONS_AT_ONCE),
        }
    }
}

/// Who is counted as one: an IPv4 address, or the network that a household has of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    V4(u32),
    V6(u64),
    /// All who come while the table is full.
    Others,
}

impl Who {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::V6((v6.to_bits() >> 64) as u64),
        }
    }
}

/// The visitors of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Visits(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// When the allowances for looks and for submissions are whole again.
    whole_at: HashMap<Who, [i64; 2]>,
    swept_at: i64,
}

impl Visits {
    /// Counts one act; the seconds to wait if it is one too many.
    fn count(&self, address: IpAddr, act: Act, now_us: i64) -> Result<(), u32> {
        let mut table = self.0.lock();
        let who = table.place(Who::of(address), now_us);
        let (every, at_once) = act.pace();
        let whole_at = &mut table.whole_at.entry(who).or_default()[act as usize];
        let next = (*whole_at).max(now_us) + every;
        let wait = next - now_us - every * at_once;
        if wait > 0 {
            return Err(u32::try_from(wait.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX));
        }
        *whole_at = next;
        Ok(())
    }
}

impl Table {
    /// Whoever is known stays; whoever is new needs a place.
    fn place(&mut self, who: Who, now_us: i64) -> Who {
        if self.whole_at.contains_key(&who) || self.whole_at.len() < VISITORS_MAX {
            return who;
        }
        if now_us - self.swept_at >= VISITORS_SWEEP_US {
            self.swept_at = now_us;
            self.whole_at.retain(|_, whole_at| whole_at.iter().any(|at| *at > now_us));
        }
        if self.whole_at.len() < VISITORS_MAX { who } else { Who::Others }
    }
}

/// Whether an address tells one visitor from another. Those of networks of one's own may be the proxy's, behind which
/// everybody stands.
fn tells(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()),
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified())
        }
    }
}

/// The address under which a request is counted: the proxy's word if there is one, else the other end's.
fn counted(state: &AppState, request: &Request) -> Option<IpAddr> {
    let named = state.client_ip(request.headers()).and_then(|text| text.parse().ok());
    named.or_else(|| request.extensions().get::<Peer>().map(|peer| peer.0).filter(|peer| tells(*peer)))
}

/// Lets a request pass, or answers by a plain page that nothing was changed.
pub(super) async fn paced(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let act = if request.method() == Method::POST { Act::Submit } else { Act::Look };
    let Some(address) = counted(&state, &request) else { return next.run(request).await };
    let Err(wait_s) = state.shared.visits.count(address, act, state.clock.monotonic_us()) else {
        return next.run(request).await;
    };
    let (mut parts, _) = request.into_parts();
    let visitor = match Visitor::from_request_parts(&mut parts, &state).await {
        Ok(visitor) => visitor,
        Err(never) => match never {},
    };
    let words = visitor.words(None);
    let page = note(StatusCode::TOO_MANY_REQUESTS, words, words.failed_title, words.failed);
    let mut response = page.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    response
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_allowance_is_used_up_and_comes_back() {
        let visits = Visits::default();
        let one = address("192.0.2.7");
        for n in 0..VISIT_SUBMISSIONS_AT_ONCE {
            assert_eq!(visits.count(one, Act::Submit, 1_000), Ok(()), "{n}");
        }
        let wait = visits.count(one, Act::Submit, 1_000).expect_err("one too many");
        assert_eq!(i64::from(wait), VISIT_SUBMISSION_EVERY_US / 1_000_000 + 1);
        assert_eq!(visits.count(one, Act::Look, 1_000), Ok(()), "looks are counted apart");
        assert_eq!(visits.count(address("192.0.2.8"), Act::Submit, 1_000), Ok(()), "and others too");
        let later = 1_000 + VISIT_SUBMISSION_EVERY_US;
        assert_eq!(visits.count(one, Act::Submit, later), Ok(()));
        assert!(visits.count(one, Act::Submit, later).is_err(), "one came back, not all");
    }

    #[test]
    fn a_household_is_one_visitor() {
        let same = [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("::ffff:192.0.2.7", "192.0.2.7")];
        for (one, other) in same {
            assert_eq!(Who::of(address(one)), Who::of(address(other)));
        }
        assert_ne!(Who::of(address("2001:db8:1:2::1")), Who::of(address("2001:db8:1:3::1")));
    }

    #[test]
    fn the_table_never_grows_beyond_its_bound() {
        let visits = Visits::default();
        let nth = |n: u32| IpAddr::from(Ipv4Addr::from_bits(0x0100_0000 + n));
        let many = u32::try_from(VISITORS_MAX).expect("a bound fits");
        let mut refused = 0;
        for n in 0..many + 1_000 {
            refused += u32::from(visits.count(nth(n), Act::Submit, 1_000).is_err());
        }
        assert_eq!(visits.0.lock().whole_at.len(), VISITORS_MAX + 1);
        assert_eq!(i64::from(refused), 1_000 - VISIT_SUBMISSIONS_AT_ONCE, "the others share one allowance");
        assert_eq!(visits.count(nth(1), Act::Submit, 1_000), Ok(()), "whoever is known keeps theirs");
        let later = 1_000 + VISITORS_SWEEP_US.max(VISIT_SUBMISSION_EVERY_US * VISIT_SUBMISSIONS_AT_ONCE) + 1;
        assert_eq!(visits.count(nth(many + 5_000), Act::Submit, later), Ok(()));
        assert_eq!(visits.0.lock().whole_at.len(), 1, "what says nothing any more is forgotten");
    }

    #[test]
    fn a_proxy_of_ones_own_is_nobody() {
        for (text, want) in [
            ("127.0.0.1", false),
            ("10.0.0.7", false),
            ("192.168.1.7", false),
            ("::1", false),
            ("fd00::7", false),
            ("::ffff:10.0.0.7", false),
            ("192.0.2.7", true),
            ("2001:db8::7", true),
        ] {
            assert_eq!(tells(address(text)), want, "{text}");
        }
    }
}
