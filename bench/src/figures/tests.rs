use super::*;

pub fn full(engine: Engine) -> Figures {
    let mut figures = Figures::new(engine);
    figures.accept_single_per_s = Some(12_345.678);
    figures.accept_batch_per_s = Some(123_456.7);
    figures.lifecycle_per_s = Some(3_000.0);
    figures.lifecycle_cpu_us_per_message = Some(219.96);
    figures.lifecycle_batched_cpu_us_per_message = Some(121.0);
    figures.postgres_cpu_us_per_message = Some(400.0);
    figures.accept_p50_ms = Some(1.23456);
    figures.accept_p99_ms = Some(14.0);
    figures.otp_p99_ms = Some(60_000.0);
    figures.rss_peak_mb = Some(199.0);
    figures.otp_backlog = Some(1_000_000);
    figures.policy_off_per_s = Some(4_000.0);
    figures.policy_on_per_s = Some(3_500.0);
    figures.policy_ratio = Some(0.875);
    figures.audience_s = Some(4.999);
    figures.growth_stored = Some(5_000_000);
    figures.growth_few_per_s = Some(4_000.0);
    figures.growth_per_s = Some(3_000.0);
    figures.growth_ratio = Some(0.75);
    figures.restart_waiting = Some(1_000_000);
    figures.restart_first_submission_ms = Some(1_999.96);
    figures.restart_rss_peak_mb = Some(201.0);
    figures.set_yardsticks(Some(60_000.0), Some(200_000.0));
    figures
}

#[test]
fn every_key_of_the_contract_is_there() {
    let value = serde_json::to_value(Figures::new(Engine::Sqlite)).unwrap();
    for key in [
        "engine",
        "accept_single_per_s",
        "accept_batch_per_s",
        "lifecycle_per_s",
        "lifecycle_cpu_us_per_message",
        "lifecycle_batched_cpu_us_per_message",
        "accept_p50_ms",
        "accept_p99_ms",
        "otp_p99_ms",
        "rss_peak_mb",
        "raw_http_per_s",
        "raw_insert_per_s",
        "fsync_p50_ms",
        "senders",
        "postgres_cpu_us_per_message",
        "otp_backlog",
        "policy_on_per_s",
        "policy_ratio",
        "audience_s",
        "growth_stored",
        "growth_few_per_s",
        "growth_per_s",
        "growth_ratio",
        "restart_waiting",
        "restart_first_submission_ms",
        "restart_rss_peak_mb",
    ] {
        assert!(value.get(key).is_some(), "{key}");
    }
}

#[test]
fn ratios_and_targets() {
    let figures = full(Engine::Sqlite);
    assert!((figures.accept_single_ratio.unwrap() - 0.2058).abs() < 1e-3);
    assert!((figures.lifecycle_ratio.unwrap() - 0.2).abs() < 1e-9);
    let met = |figures: &Figures| -> Vec<(&str, Option<bool>)> {
        figures.lines().iter().filter(|l| l.target.is_some()).map(|l| (l.measure, l.met())).collect()
    };
    let yes = Some(true);
    let no = Some(false);
    let verdicts: Vec<Option<bool>> = met(&figures).iter().map(|(_, met)| *met).collect();
    assert_eq!(verdicts, [yes, yes, no, yes, no, yes, yes, yes, yes, no, yes, yes, no, no]);
    let verdicts: Vec<Option<bool>> = met(&full(Engine::Postgres)).iter().map(|(_, met)| *met).collect();
    assert_eq!(verdicts, [yes, yes, yes, yes, yes, yes, yes, yes, yes, no, yes, yes, no, no]);
    assert!(met(&Figures::new(Engine::Sqlite)).iter().all(|(_, met)| met.is_none()), "nothing was measured");
}

#[test]
fn the_postgres_figures_stand_beside_the_servers() {
    let lines = full(Engine::Postgres).lines();
    let at = |n: usize| lines[n].measure;
    assert_eq!(
        (at(5), at(7), at(8), at(10)),
        (
            "full lifecycle",
            "  PostgreSQL CPU a message",
            "with batched receipts",
            "  PostgreSQL CPU a message"
        )
    );
}

#[test]
fn digits_that_mean_something() {
    let rounded = full(Engine::Sqlite).rounded();
    assert_eq!(rounded.accept_single_per_s, Some(12_345.7));
    assert_eq!(rounded.accept_p50_ms, Some(1.235));
    assert_eq!(rounded.lifecycle_cpu_us_per_message, Some(220.0));
    assert_eq!(rounded.restart_first_submission_ms, Some(2_000.0));
}
