//! Writes that fail: from some moment every sync of the disk answers "input/output error". Nothing is acknowledged
//! that was not committed, the program says what is wrong, and it goes on when the disk does.

use std::collections::BTreeSet;
use std::process::Stdio;

use http::Method;
use tidings_tests::support::{Rig, Storage, Tenant, eventually, with_storage};
use tokio::process::{Child, Command};

/// Requests while the disk fails.
const REQUESTS: usize = 30;

/// Makes every sync of a process fail from here on, as `strace` lets one.
async fn fail_syncs(pid: u32) -> Option<Child> {
    let inject = ["-f", "-q", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO"];
    let mut command = Command::new("strace");
    command.args(inject).args(["-o", "/dev/null", "-p", &pid.to_string()]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let traced = async || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let traced = status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"));
        let ended = matches!(child.try_wait(), Ok(Some(_)));
        (traced || ended).then_some(traced)
    };
    eventually("strace to be attached or to give up", traced).await.then_some(child)
}

async fn attempt(tenant: &Tenant, n: usize, acknowledged: &mut BTreeSet<String>) -> u16 {
    let json = [("content-type", "application/json")];
    let body = tenant.utility(n).to_string();
    let answer = tenant.http.raw(Method::POST, "/v1/messages", body, &json).await;
    if answer.status == 202 {
        acknowledged.insert(answer.body["id"].as_str().expect("an id").to_owned());
    }
    answer.status
}

async fn torn(storage: Storage) {
    let mut rig = Rig::start(&storage).await;
    let tenant = rig.tenant(0).await;
    let mut acknowledged = BTreeSet::new();
    for n in 0..REQUESTS {
        assert_eq!(attempt(&tenant, n, &mut acknowledged).await, 202);
    }
    let before = acknowledged.len();
    let Some(mut strace) = fail_syncs(rig.pid()).await else {
        return eprintln!("left out: this machine does not let the test trace the program");
    };
    let mut statuses = BTreeSet::new();
    for n in 0..REQUESTS {
        statuses.insert(attempt(&tenant, 100 + n, &mut acknowledged).await);
    }
    let while_failing = acknowledged.len() - before;
    assert_eq!(tenant.http.get("/v1/messages?limit=1").await.status, 200, "reads go on");
    let said = rig.log();
    strace.kill().await.expect("strace ends");
    let back = eventually("intake to go on", async || {
        (attempt(&tenant, 200, &mut acknowledged).await == 202).then_some(())
    });
    back.await;
    rig.kill_and_serve_again().await;
    let mut lost = 0;
    for id in &acknowledged {
        lost += usize::from(tenant.http.get(&format!("/v1/messages/{id}")).await.status != 200);
    }
    eprintln!(
        "failing syncs: {before} messages acknowledged before, {while_failing} while every sync failed (answers {statuses:?}); \
         after kill -9 {lost} of {} lost",
        acknowledged.len()
    );
    assert_eq!(while_failing, 0, "acknowledged without a sync");
    assert!(statuses.iter().all(|status| matches!(status, 503 | 507)), "{statuses:?}");
    assert_eq!(lost, 0);
    assert!(
        said.contains("was not committed") || said.contains("cannot be used"),
        "it says what is wrong:\n{said}"
    );
}

#[test]
fn nothing_is_acknowledged_while_syncs_fail() {
    with_storage("sqlite", torn);
}
