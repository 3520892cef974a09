//! One mail through the dialogue of SMTP, step by step, so that each step's failure says what it proves.

use std::sync::atomic::{AtomicBool, Ordering};

use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::RcptParameter;
use tidings_domain::address::Address;
use tidings_domain::credentials::Credentials;
use tidings_domain::failure::smtp as codes;
use tidings_domain::outgoing::Outgoing;
use tidings_domain::provider::{Outcome, Submission};
use tidings_domain::transport::TransportError;

use super::line::{Held, Line, within};
use super::outcome::Trouble;
use super::write::{Parts, Written, write};
use super::{SmtpProvider, settings};
use crate::limits::{SMTP_ANSWER, SMTP_BEFORE_MAIL, SMTP_PLACE};

impl SmtpProvider {
    pub(super) async fn send(&self, credentials: &Credentials, submission: Submission<'_>) -> Outcome {
        match self.go(credentials, &submission).await {
            Ok(provider_id) => Outcome::Accepted { provider_id, held: false },
            Err(trouble) => trouble.into(),
        }
    }

    async fn go(&self, credentials: &Credentials, submission: &Submission<'_>) -> Result<String, Trouble> {
        let unwritable = |why: &str| Trouble::refused(codes::UNWRITABLE, 0, why);
        let smtp = settings(credentials).ok_or_else(|| unwritable("the account has no mail server"))?;
        let (Address::Email(to), Outgoing::Email(mail)) = (submission.to, submission.content) else {
            return Err(unwritable("this content or recipient is for another channel"));
        };
        let line = self.line(credentials, smtp)?;
        let signer = line.signer.as_ref().map_err(|error| unwritable(&error.to_string()))?;
        let written = write(&Parts {
            credentials,
            smtp,
            signer: signer.as_ref(),
            account: submission.account,
            attempt: submission.attempt,
            from: submission.sender_ref,
            to: to.as_str(),
            mail,
            now: self.clock.now(),
        })
        .map_err(|why| unwritable(&why))?;
        let helo =
            smtp.helo.as_deref().or_else(|| submission.sender_ref.rsplit_once('@').map(|(_, domain)| domain));
        deliver(&line, &written, helo.unwrap_or("localhost")).await?;
        Ok(written.id)
    }
}

/// A connection that was open before may have been closed meanwhile: then, once, by a new one.
async fn deliver(line: &Line, written: &Written, helo: &str) -> Result<(), Trouble> {
    let mut fresh = false;
    loop {
        let held = within(SMTP_PLACE, line.take(helo, fresh)).await.ok_or(Trouble::Unreachable)??;
        let reused = held.reused;
        match one(line, held, written).await {
            Err(Trouble::Unreachable) if reused => fresh = true,
            outcome => return outcome,
        }
    }
}

async fn one(line: &Line, mut held: Held<'_>, written: &Written) -> Result<(), Trouble> {
    // What runs out of time before the mail is said leaves nothing behind.
    let opened = within(SMTP_BEFORE_MAIL, envelope(&mut held, written)).await.ok_or(Trouble::Unreachable)?;
    if let Err(trouble) = opened {
        if matches!(&trouble, Trouble::Refused(rejection) if rejection.http_status != 421) {
            line.put_back(held, true).await;
        }
        return Err(trouble);
    }
    let whole = AtomicBool::new(false);
    let parts = std::iter::once(written.bytes.as_slice()).chain(std::iter::from_fn(|| {
        whole.store(true, Ordering::Relaxed);
        None
    }));
    let answer = within(SMTP_ANSWER, held.connection.message_iter(parts)).await;
    match answer {
        Some(Ok(_)) => {
            line.put_back(held, false).await;
            Ok(())
        }
        Some(Err(error)) => {
            let trouble = Trouble::of_mail(&error, whole.load(Ordering::Relaxed));
            if matches!(&trouble, Trouble::Refused(rejection) if rejection.http_status != 421) {
                line.put_back(held, true).await;
            }
            Err(trouble)
        }
        None if whole.load(Ordering::Relaxed) => Err(Trouble::NoAnswer(TransportError::Timeout)),
        None => Err(Trouble::Unreachable),
    }
}

async fn envelope(held: &mut Held<'_>, written: &Written) -> Result<(), Trouble> {
    let connection = &mut held.connection;
    let from = MailFrom::new(Some(written.return_path.clone()), Vec::new());
    connection.command(from).await.map_err(|error| Trouble::of_sender(&error))?;
    let notify =
        RcptParameter::Other { keyword: "NOTIFY".to_owned(), value: Some("SUCCESS,FAILURE".to_owned()) };
    let asked = if held.reports { vec![notify] } else { Vec::new() };
    let to = Rcpt::new(written.to.clone(), asked);
    connection.command(to).await.map_err(|error| Trouble::of_recipient(&error))?;
    connection.command(Data).await.map_err(|error| Trouble::of_recipient(&error))?;
    Ok(())
}
