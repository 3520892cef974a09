//! The checks, in the order in which they build on each other.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use bytes::Bytes;
use http::{Request, header};
use tidings_domain::clock::Clock;
use tidings_domain::time::{DAY, MINUTE, SECOND, Timestamp};
use tidings_domain::transport::{Bounds, Transport};
use tidings_providers::http::HttpTransport;

use super::Check;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::data_dir::{DIR_MODE, KEY_MODE, master_key_path, master_keys};
use crate::{compose, limits};

pub async fn all(file: Option<&Path>, data_dir: Option<&Path>) -> Vec<Check> {
    let config = match super::super::read(file, data_dir) {
        Ok(config) => config,
        Err(error) => {
            return vec![Check::bad(
                "configuration",
                error.to_string(),
                "mend that line or variable, then run this again",
            )];
        }
    };
    let clock = SystemClock::start();
    let regions: Vec<&str> = config.regions().into_iter().map(|(name, _)| name).collect();
    let mut checks = vec![Check::good("configuration", format!("readable; regions: {}", regions.join(", ")))];
    checks.push(directory(&config.data_dir));
    checks.push(master_key(&config));
    checks.push(tls(&config));
    checks.push(store(&config).await);
    checks.extend(super::durability::all(&config).await);
    let (provider, their_time) = provider(&config).await;
    checks.push(time(clock.now(), their_time));
    checks.push(provider);
    checks
}

fn directory(dir: &Path) -> Check {
    const NAME: &str = "data directory";
    let shown = dir.display();
    let Ok(metadata) = std::fs::metadata(dir) else {
        return Check::bad(NAME, format!("{shown} is not there"), format!("tidings init --data-dir {shown}"));
    };
    let mode = metadata.permissions().mode() & 0o777;
    if !metadata.is_dir() {
        return Check::bad(NAME, format!("{shown} is no directory"), "name another one with --data-dir");
    }
    if mode & 0o077 != 0 {
        let found = format!("{shown} has mode {mode:o}: others on this machine can look into it");
        return Check::bad(NAME, found, format!("chmod {DIR_MODE:o} {shown}"));
    }
    Check::good(NAME, format!("{shown}, mode {mode:o}"))
}

fn master_key(config: &Config) -> Check {
    const NAME: &str = "master key";
    if !config.master_key.is_empty() {
        return match master_keys(config) {
            Ok(_) => {
                Check::notice(NAME, "it stands in the configuration", "a file of mode 600 is harder to leak")
            }
            Err(error) => Check::bad(NAME, format!("{error:#}"), "give 64 hexadecimal digits"),
        };
    }
    let path = master_key_path(config);
    let shown = path.display();
    let Ok(metadata) = std::fs::metadata(&path) else {
        let mend = format!(
            "put the file back from your copy; for a new installation: tidings init --data-dir {}",
            config.data_dir.display()
        );
        return Check::bad(NAME, format!("{shown} is not there"), mend);
    };
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Check::bad(NAME, format!("{shown} has mode {mode:o}"), format!("chmod {KEY_MODE:o} {shown}"));
    }
    match master_keys(config) {
        Ok(_) => Check::good(NAME, format!("{shown}, mode {mode:o}; keep a copy elsewhere")),
        Err(error) => Check::bad(NAME, format!("{error:#}"), "put the file back from your copy"),
    }
}

fn tls(config: &Config) -> Check {
    const NAME: &str = "TLS";
    let Some((cert, key)) = config.tls.cert.as_ref().zip(config.tls.key.as_ref()) else {
        if config.listen.ip().is_loopback() {
            return Check::good(NAME, format!("none, and none is needed at {}", config.listen));
        }
        let mend = "set tls.cert and tls.key, or put a proxy with TLS before it";
        return Check::notice(
            NAME,
            format!("none, though {} can be reached from elsewhere", config.listen),
            mend,
        );
    };
    for path in [cert, key] {
        if let Err(error) = std::fs::File::open(path) {
            return Check::bad(NAME, format!("{}: {error}", path.display()), "name a file that can be read");
        }
    }
    Check::good(NAME, format!("{} and {}", cert.display(), key.display()))
}

/// Looks at the stores that are there, beside a running server too. Nothing is made or migrated here.
async fn store(config: &Config) -> Check {
    const NAME: &str = "store";
    let missing = config
        .regions()
        .into_iter()
        .find(|(name, region)| region.url.is_none() && !compose::sqlite_path(config, name).exists());
    if let Some((name, _)) = missing {
        let mend = format!("tidings init --data-dir {}", config.data_dir.display());
        return Check::bad(NAME, format!("region `{name}` has no store yet"), mend);
    }
    if config.master_key.is_empty() && !master_key_path(config).exists() {
        return Check::bad(NAME, "it cannot be opened without its master key", "mend that first");
    }
    let mut older = Vec::new();
    for (name, region) in config.regions() {
        match compose::look(config, name, region).await {
            Ok(looked) if looked.schema == 0 => {
                return Check::bad(NAME, format!("region `{name}` is empty"), "tidings migrate");
            }
            Ok(looked) if looked.schema < looked.known => {
                older.push(format!("region `{name}` has schema {}, this is {}", looked.schema, looked.known));
            }
            Ok(_) => {}
            Err(error) => {
                let mend = "the message says what is wrong; the log has the cause";
                return Check::bad(NAME, format!("{error:#}"), mend);
            }
        }
    }
    if !older.is_empty() {
        return Check::notice(
            NAME,
            older.join("; "),
            "tidings migrate, or the next start, brings it up to date",
        );
    }
    let names: Vec<&str> = config.regions().into_iter().map(|(name, _)| name).collect();
    Check::good(NAME, format!("readable, and its schema is this version's: {}", names.join(", ")))
}

fn time(now: Timestamp, theirs: Option<Timestamp>) -> Check {
    const NAME: &str = "clock";
    let mend = "start a time service (chrony or systemd-timesyncd) and let it set the clock";
    let year = 1970 + now.micros().div_euclid(DAY) * 400 / 146_097;
    if !limits::SANE_YEARS.contains(&year) {
        return Check::bad(NAME, format!("it says {now}"), mend);
    }
    match theirs.map(|theirs| now.since(theirs)) {
        Some(apart) if apart.abs() > 2 * MINUTE => {
            Check::bad(NAME, format!("it says {now}, {} s away from the provider's", apart / SECOND), mend)
        }
        Some(_) => Check::good(NAME, format!("{now}, as the provider's")),
        None => Check::good(NAME, format!("{now}; nothing to compare it with")),
    }
}

/// Whether the provider answers at all, and what time it has.
async fn provider(config: &Config) -> (Check, Option<Timestamp>) {
    const NAME: &str = "provider";
    let cloud = &config.providers.cloud;
    let url = format!("{}/{}/", cloud.base_url.trim_end_matches('/'), cloud.api_version);
    let Ok(request) = Request::get(&url).body(Bytes::new()) else {
        return (Check::bad(NAME, format!("{url} is no address"), "set providers.cloud.base_url"), None);
    };
    let bounds = Bounds { total_us: limits::PROBE_TIME_US, answer_bytes_max: limits::PROBE_BYTES_MAX };
    match HttpTransport::default().exchange(request, bounds).await {
        Ok(answer) => {
            let date =
                answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
            // Without a token any answer will do: it shows that the way is open.
            (Check::good(NAME, format!("{url} answers ({})", answer.status().as_u16())), date)
        }
        Err(error) => {
            let mend = "open the way to it: name resolution, firewall, root certificates (ca-certificates)";
            (Check::bad(NAME, format!("{url}: {error}"), mend), None)
        }
    }
}

/// `Sat, 21 Nov 2026 10:24:58 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    let mut parts = text.split(' ').skip(1);
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn reads_the_date_of_http() {
        let want = Timestamp::parse("2026-11-21T10:24:58Z");
        assert_eq!(http_date("Sat, 21 Nov 2026 10:24:58 GMT"), want);
        for wrong in ["", "now", "Sat, 21 Foo 2026 10:24:58 GMT", "Sat, 21 Nov 2026"] {
            assert_eq!(http_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_clock_is_judged_by_year_and_by_the_providers() {
        let at = |text: &str| Timestamp::parse(text).expect("a time");
        for (now, theirs, want) in [
            ("2026-11-21T10:00:00Z", None, Verdict::Good),
            ("2026-11-21T10:00:00Z", Some("2026-11-21T10:01:00Z"), Verdict::Good),
            ("2026-11-21T10:00:00Z", Some("2026-11-21T10:05:00Z"), Verdict::Bad),
            ("1970-01-01T00:00:10Z", None, Verdict::Bad),
            ("2024-12-31T23:59:59Z", None, Verdict::Bad),
            ("2025-01-01T12:00:00Z", None, Verdict::Good),
        ] {
            assert_eq!(time(at(now), theirs.map(at)).verdict, want, "{now} {theirs:?}");
        }
    }

    #[test]
    fn open_permissions_are_found() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("data");
        let gone = directory(&dir);
        assert!(gone.verdict == Verdict::Bad && gone.mend.starts_with("tidings init"));
        crate::data_dir::make(&dir).expect("made");
        assert_eq!(directory(&dir).verdict, Verdict::Good);
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).expect("set");
        assert!(directory(&dir).mend.starts_with("chmod 700"));
        let config = Config { data_dir: dir.clone(), ..Config::default() };
        assert_eq!(master_key(&config).verdict, Verdict::Bad);
        master_keys(&config).expect("made");
        assert_eq!(master_key(&config).verdict, Verdict::Good);
        let path = master_key_path(&config);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        assert!(master_key(&config).mend.starts_with("chmod 600"));
    }
}
