//! A real mail server from Debian's packages, beside the test: it takes mails for `shop.test`, and sends what it cannot
//! deliver back to where a test listens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::environment;
use super::program::free_port;
use super::wait::eventually;

/// Exim's own user, as which it runs where we are root: it gives up root by itself when told of a configuration.
const USER: &str = "Debian-exim";

pub struct Mta {
    _server: Child,
    dir: TempDir,
    pub port: u16,
}

impl Mta {
    /// `back` is the port on this machine that takes what comes back. `None` where it was left out by choice.
    pub async fn start(back: u16) -> Option<Self> {
        let program = environment::exim()?;
        let dir = tempfile::Builder::new()
            .prefix("tidings-mta-")
            .tempdir()
            .expect("a directory for the mail server");
        let port = free_port().await;
        let config = dir.path().join("exim.conf");
        fs::write(&config, configuration(dir.path(), port, back)).expect("a file for its settings");
        for name in ["spool", "mail", "log"] {
            fs::create_dir(dir.path().join(name)).expect("a directory for the mail server");
        }
        let mut command = Command::new(program);
        if let Some((user, group)) = ids_of(USER).filter(|_| is_root(dir.path())) {
            for path in ["", "spool", "mail", "log", "exim.conf"] {
                let path = dir.path().join(path);
                std::os::unix::fs::chown(path, Some(user), Some(group)).expect("root may give files away");
            }
            command.uid(user).gid(group);
        }
        command.arg("-C").arg(&config).args(["-bdf", "-q5s"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let server = command.spawn().expect("the mail server starts");
        let mta = Self { _server: server, dir, port };
        eventually("the mail server to answer", async || TcpStream::connect(("127.0.0.1", port)).await.ok())
            .await;
        Some(mta)
    }

    /// All mails that were delivered to this name at `shop.test`, as they lie in the mailbox.
    pub fn mails(&self, name: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.dir.path().join("mail/new")) else { return Vec::new() };
        let all = entries.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
        all.filter(|mail| mail.contains(&format!("\nEnvelope-to: {name}@shop.test\n"))).collect()
    }

    /// What it says of itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log/mainlog")).unwrap_or_default()
    }
}

/// People at `shop.test` have mailboxes; `late-…` are taken and then found not to be there, `full-…` are refused for now.
fn configuration(dir: &Path, port: u16, back: u16) -> String {
    let dir = dir.display();
    format!(
        r#"
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
pid_file_path = {dir}/exim.pid
primary_hostname = mx.shop.test
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
dsn_advertise_hosts = *
smtp_accept_max = 100
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
queue_run_max = 4
split_spool_directory = false
acl_smtp_rcpt = recipients
acl_smtp_data = accept
keep_environment =
check_spool_space = 0
check_log_space = 0
message_logs = false
untrusted_set_sender = *

begin acl
recipients:
  deny    local_parts = ^nobody
          message = 5.1.1 there is no such mailbox
  defer   local_parts = ^full
          message = 4.2.2 the mailbox is full
  accept  domains = shop.test : bounces.shop.test
  deny    message = 5.7.1 no relaying here

begin routers
back:
  driver = manualroute
  domains = bounces.shop.test
  route_list = * 127.0.0.1
  self = send
  transport = back
late:
  driver = redirect
  domains = shop.test
  local_parts = ^late
  data = :fail: 5.2.1 the mailbox is disabled
  allow_fail
people:
  driver = accept
  domains = shop.test
  transport = mailbox

begin transports
back:
  driver = smtp
  port = {back}
  allow_localhost
  hosts_try_dane =
mailbox:
  driver = appendfile
  directory = {dir}/mail
  maildir_format
  create_directory
  return_path_add
  envelope_to_add

begin retry
*  *  F,1h,1s
"#
    )
}

fn is_root(made: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(made).is_ok_and(|found| found.uid() == 0)
}

fn ids_of(user: &str) -> Option<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some(user))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// What the verifier of Debian's `python3-dkim` says of a mail, with this record in place of the DNS.
pub async fn dkim_verdict(mail: &str, record: &str) -> String {
    let script = "import sys, dkim\n\
        mail = open(sys.argv[1], 'rb').read()\n\
        record = sys.argv[2].encode()\n\
        asked = []\n\
        def dns(name, timeout=5):\n    asked.append(name)\n    return record\n\
        print('pass' if dkim.verify(mail, dnsfunc=dns) else 'fail', asked[0].decode() if asked else '-')\n";
    let dir = tempfile::tempdir().expect("a directory for the mail");
    let path: PathBuf = dir.path().join("mail");
    fs::write(&path, mail).expect("a file for the mail");
    let output = Command::new("/usr/bin/python3").arg("-c").arg(script).arg(&path).arg(record).output().await;
    let output = output.expect("Debian's Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
