//! Connections to one account's server: a bounded number, kept open between mails.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials as Login, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Ehlo, Rset};
use lettre::transport::smtp::extension::ClientId;
use parking_lot::Mutex;
use tidings_domain::clock::Clock;
use tidings_domain::credentials::{Credentials, Smtp, SmtpTls};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::dkim::{KeyError, Signer};
use super::outcome::Trouble;
use crate::limits::{
    SMTP_CONNECT, SMTP_CONNECTIONS_MAX, SMTP_IDLE_US_MAX, SMTP_LOGIN, SMTP_MAILS_PER_CONNECTION_MAX,
};

/// What all mails of one account share as long as its settings stay the same.
pub(super) struct Line {
    host: String,
    port: u16,
    tls: Option<TlsParameters>,
    implicit: bool,
    login: Option<Login>,
    reports: bool,
    /// Why no mail can be signed stands in place of a signer.
    pub signer: Result<Option<Signer>, KeyError>,
    permits: Semaphore,
    idle: Mutex<Vec<Idle>>,
    clock: Arc<dyn Clock>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    reports: bool,
    mails: u32,
    since_us: i64,
}

/// A connection in use, and the place that it takes.
pub(super) struct Held<'a> {
    pub connection: AsyncSmtpConnection,
    /// It was open before: the server may have closed it meanwhile.
    pub reused: bool,
    /// Deliveries are wanted to be reported, and the server can.
    pub reports: bool,
    mails: u32,
    _place: SemaphorePermit<'a>,
}

impl Line {
    pub fn new(credentials: &Credentials, smtp: &Smtp, clock: Arc<dyn Clock>) -> Result<Self, Trouble> {
        let tls = match smtp.tls {
            SmtpTls::None => None,
            SmtpTls::Starttls | SmtpTls::Implicit => Some(tls(smtp)?),
        };
        let login = (!smtp.username.is_empty())
            .then(|| Login::new(smtp.username.clone(), credentials.access_token.expose().to_owned()));
        Ok(Self {
            host: smtp.host.clone(),
            port: smtp.port,
            tls,
            implicit: smtp.tls == SmtpTls::Implicit,
            login,
            reports: smtp.delivery_reports,
            signer: smtp.dkim.as_ref().map(Signer::new).transpose(),
            permits: Semaphore::new(SMTP_CONNECTIONS_MAX),
            idle: Mutex::new(Vec::new()),
            clock,
        })
    }

    /// A connection, if there is a place for one now. `fresh`: none that was open before.
    pub async fn take(&self, helo: &str, fresh: bool) -> Result<Held<'_>, Trouble> {
        let place = self.permits.acquire().await.map_err(|_| Trouble::Unreachable)?;
        if !fresh && let Some(idle) = self.idle() {
            let Idle { connection, reports, mails, .. } = idle;
            return Ok(Held { connection, reused: true, reports, mails, _place: place });
        }
        let (connection, reports) = self.open(helo).await?;
        Ok(Held { connection, reused: false, reports, mails: 0, _place: place })
    }

    /// The youngest that is open; those that were idle for long are dropped.
    fn idle(&self) -> Option<Idle> {
        let oldest = self.clock.monotonic_us() - SMTP_IDLE_US_MAX;
        let mut idle = self.idle.lock();
        idle.retain(|each| each.since_us > oldest);
        idle.pop()
    }

    /// Keeps a connection for the next mail. `after_refusal`: its transaction has to be ended first.
    pub async fn put_back(&self, held: Held<'_>, after_refusal: bool) {
        let Held { mut connection, reports, mails, _place, .. } = held;
        let mails = mails + 1;
        if connection.has_broken() || mails >= SMTP_MAILS_PER_CONNECTION_MAX {
            return end(connection).await;
        }
        if after_refusal
            && within(SMTP_CONNECT, connection.command(Rset)).await.is_none_or(|said| said.is_err())
        {
            return;
        }
        self.idle.lock().push(Idle { connection, reports, mails, since_us: self.clock.monotonic_us() });
    }

    async fn open(&self, helo: &str) -> Result<(AsyncSmtpConnection, bool), Trouble> {
        let hello = ClientId::Domain(helo.to_owned());
        let first = self.tls.clone().filter(|_| self.implicit);
        let server = (self.host.as_str(), self.port);
        let connect = AsyncSmtpConnection::connect_tokio1(server, Some(SMTP_CONNECT), &hello, first, None);
        let mut connection = within(SMTP_CONNECT, connect)
            .await
            .ok_or(Trouble::Unreachable)?
            .map_err(|error| Trouble::of_greeting(&error))?;
        if let Some(tls) = self.tls.clone().filter(|_| !self.implicit) {
            let upgraded = within(SMTP_CONNECT, connection.starttls(tls, &hello)).await;
            upgraded.ok_or(Trouble::Unreachable)?.map_err(|error| Trouble::of_encryption(&error))?;
        }
        if let Some(login) = &self.login {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let asked = within(SMTP_LOGIN, connection.auth(&mechanisms, login)).await;
            asked.ok_or(Trouble::Unreachable)?.map_err(|error| Trouble::of_login(&error))?;
        }
        let reports = self.reports && reports_deliveries(&mut connection, hello).await;
        Ok((connection, reports))
    }
}

/// The library does not keep this word of a server's greeting, so the server is greeted once more.
async fn reports_deliveries(connection: &mut AsyncSmtpConnection, hello: ClientId) -> bool {
    match within(SMTP_CONNECT, connection.command(Ehlo::new(hello))).await {
        Some(Ok(answer)) => answer.message().any(|line| line.trim().eq_ignore_ascii_case("DSN")),
        _ => false,
    }
}

async fn end(mut connection: AsyncSmtpConnection) {
    let _said = within(SMTP_CONNECT, connection.quit()).await;
}

pub(super) async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, work).await.ok()
}

fn tls(smtp: &Smtp) -> Result<TlsParameters, Trouble> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(pem) = &smtp.ca_pem {
        let certificate =
            Certificate::from_pem(pem.as_bytes()).map_err(|error| Trouble::of_encryption(&error))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| Trouble::of_encryption(&error))
}
