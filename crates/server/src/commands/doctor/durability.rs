//! Whether what PostgreSQL acknowledged outlives the loss of a machine.

use tidings_store::model::Durability;

use super::Check;
use crate::compose;
use crate::config::Config;
use crate::data_dir::master_key_path;

const NAME: &str = "durability";

/// Nothing about stores that cannot be looked at: another check says why.
pub async fn all(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    if config.master_key.is_empty() && !master_key_path(config).exists() {
        return checks;
    }
    for (name, region) in config.regions() {
        let is_postgres = region.url.as_deref().is_some_and(|url| url.starts_with("postgres"));
        if is_postgres
            && let Ok(looked) = compose::look(config, name, region).await
            && let Some(found) = looked.durability
        {
            checks.push(judge(name, &found));
        }
    }
    checks
}

fn judge(region: &str, found: &Durability) -> Check {
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
}
