//! Requests by route template, method and class of status; latency by route and method.

use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds.
const BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    route: String,
    method: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    route: String,
    method: &'static str,
}

/// Labels come from our own tables only, so their number is bounded.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    requests: Family<Served, Counter>,
    seconds: Family<Timed, Histogram>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        Self { requests: Family::default(), seconds: Family::new_with_constructor(histogram) }
    }
}

impl HttpMetrics {
    pub fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests that were answered", self.requests.clone());
        registry.register(
            "http_request_seconds",
            "From a request's head to its answer's",
            self.seconds.clone(),
        );
    }

    pub fn observe(&self, route: &str, method: &Method, status: StatusCode, elapsed_us: i64) {
        let method = method_name(method);
        let timed = Timed { route: route.to_owned(), method };
        self.seconds.get_or_create(&timed).observe(elapsed_us.max(0) as f64 / 1e6);
        let served = Served { route: timed.route, method, status: class(status) };
        self.requests.get_or_create(&served).inc();
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        // What is turned away because of load, apart from what is wrong.
        429 => return "429",
        503 => return "503",
        _ => {}
    }
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests;
