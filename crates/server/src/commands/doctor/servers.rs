//! What stores say of themselves: whether what PostgreSQL acknowledged outlives the loss of a machine, whether
//! somebody holds it back, and which master key wraps.

use tidings_domain::time::SECOND;
use tidings_store::Looked;
use tidings_store::model::{Durability, Horizon};

use super::Check;
use crate::compose;
use crate::config::Config;
use crate::limits::{HORIZON_BAD_US, HORIZON_NOTICE_US, VACUUM_NOTICE_US};
use crate::master_key;

/// Nothing about stores that cannot be looked at: another check says why.
pub async fn all(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, looked) in looks(config).await {
        checks.extend(looked.durability.map(|found| judge(name, &found)));
        checks.extend(looked.horizon.map(|found| judge_horizon(name, found)));
    }
    checks
}

/// Whether every key is wrapped by the newest master key. Nothing to say where there was only ever one.
pub async fn keys(config: &Config) -> Vec<Check> {
    let looks = looks(config).await;
    let older: u64 = looks.iter().map(|(_, looked)| looked.wrapped_before).sum();
    let newest = master_key::load(config).map_or(1, |keys| keys.newest());
    if looks.is_empty() || newest == 1 {
        return Vec::new();
    }
    if older > 0 {
        let what = format!("{older} keys are still wrapped by an older one than number {newest}");
        return vec![Check::notice("wrapping", what, "tidings rotate master-key")];
    }
    vec![Check::good("wrapping", format!("every key is wrapped by master key {newest}"))]
}

async fn looks(config: &Config) -> Vec<(&str, Looked)> {
    let mut looks = Vec::new();
    if config.master_key.is_empty() && !master_key::path(config).exists() {
        return looks;
    }
    for (name, region) in config.regions() {
        if (region.url.is_some() || compose::sqlite_path(config, name).exists())
            && let Ok(looked) = compose::look(config, name, region).await
        {
            looks.push((name, looked));
        }
    }
    looks
}

fn judge_horizon(region: &str, found: Horizon) -> Check {
    const NAME: &str = "horizon";
    let mend = "end that session (pg_stat_activity: the oldest xact_start), or the prepared transaction";
    let seconds = |us: i64| us / SECOND;
    if found.log_us >= HORIZON_NOTICE_US {
        let what = format!(
            "{region}: a transaction that writes has been open for {} s: events since then are stored and not shown",
            seconds(found.log_us)
        );
        let judge = if found.log_us >= HORIZON_BAD_US { Check::bad } else { Check::notice };
        return judge(NAME, what, mend);
    }
    if found.vacuum_us >= VACUUM_NOTICE_US {
        let what = format!(
            "{region}: a transaction has been open for {} s: what was deleted since then still takes room",
            seconds(found.vacuum_us)
        );
        return Check::notice(NAME, what, mend);
    }
    Check::good(NAME, format!("{region}: no old transaction holds back the log"))
}

fn judge(region: &str, found: &Durability) -> Check {
    const NAME: &str = "durability";
    let Durability { fsync, full_page_writes, synchronous_commit, waits_for_standby, synchronous_standbys } =
        found;
    if !fsync || !full_page_writes {
        let what =
            format!("{region}: fsync or full_page_writes is off: a power failure can destroy the database");
        return Check::bad(NAME, what, "set both to on in postgresql.conf");
    }
    if ["off", "local"].contains(&synchronous_commit.as_str())
        && (*waits_for_standby || synchronous_commit == "off")
    {
        let what = format!(
            "{region}: synchronous_commit is {synchronous_commit}: what was acknowledged can be lost"
        );
        return Check::bad(NAME, what, "set synchronous_commit = on for this database");
    }
    if !waits_for_standby {
        let what = format!("{region}: commits wait for no standby: with this machine goes what it holds");
        let mend = "set synchronous_standby_names to a standby's name, or keep backups close together";
        return Check::notice(NAME, what, mend);
    }
    if *synchronous_standbys == 0 {
        let what =
            format!("{region}: commits wait for a standby, and none is connected: nothing is accepted now");
        return Check::bad(
            NAME,
            what,
            "bring a standby back, or take its name out of synchronous_standby_names",
        );
    }
    let what = format!("{region}: commits are on {synchronous_standbys} standby too ({synchronous_commit})");
    Check::good(NAME, what)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_may_be_lost_is_named() {
        let good = Durability {
            fsync: true,
            full_page_writes: true,
            synchronous_commit: "on".to_owned(),
            waits_for_standby: true,
            synchronous_standbys: 1,
        };
        let with = |change: fn(&mut Durability)| {
            let mut one = good.clone();
            change(&mut one);
            judge("main", &one).verdict
        };
        assert_eq!(with(|_| {}), Verdict::Good);
        assert_eq!(with(|one| one.waits_for_standby = false), Verdict::Notice);
        assert_eq!(with(|one| one.synchronous_standbys = 0), Verdict::Bad);
        assert_eq!(with(|one| one.fsync = false), Verdict::Bad);
        assert_eq!(with(|one| one.full_page_writes = false), Verdict::Bad);
        for value in ["off", "local"] {
            let mut one = good.clone();
            one.synchronous_commit = value.to_owned();
            assert_eq!(judge("main", &one).verdict, Verdict::Bad, "{value}");
        }
    }

    #[test]
    fn an_old_transaction_is_named_by_what_it_holds_back() {
        let verdict = |log_us, vacuum_us| judge_horizon("main", Horizon { log_us, vacuum_us }).verdict;
        assert_eq!(verdict(0, 0), Verdict::Good);
        assert_eq!(verdict(0, VACUUM_NOTICE_US - 1), Verdict::Good);
        assert_eq!(verdict(0, VACUUM_NOTICE_US), Verdict::Notice);
        assert_eq!(verdict(HORIZON_NOTICE_US, HORIZON_NOTICE_US), Verdict::Notice);
        assert_eq!(verdict(HORIZON_BAD_US, HORIZON_BAD_US), Verdict::Bad);
    }
}
