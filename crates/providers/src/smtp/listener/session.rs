//! The dialogue with one server that brings mails back.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufWriter};

use super::reader::{LineError, Mail, Reader};
use super::{Mailroom, Verdict};
use crate::limits::{
    LISTENER_LINE_TIMEOUT, LISTENER_MAIL_BYTES_MAX, LISTENER_MAIL_TIMEOUT, LISTENER_MAILS_MAX,
    LISTENER_MISTAKES_MAX, LISTENER_RECIPIENTS_MAX,
};
use crate::smtp::verp::Token;

/// What the other side has said so far.
#[derive(Default)]
struct Said {
    hello: bool,
    from: bool,
    to: Vec<(String, Token)>,
    mails: usize,
    mistakes: usize,
}

/// What to do after an answer.
enum Then {
    GoOn,
    ReadMail,
    End,
}

struct Answer(String, Then);

fn answer(text: &str) -> Answer {
    Answer(text.to_owned(), Then::GoOn)
}

pub(super) async fn run<S: AsyncRead + AsyncWrite>(stream: S, name: &str, room: &dyn Mailroom) {
    let (from, to) = tokio::io::split(stream);
    let (mut from, mut to) = (Reader::new(Box::pin(from)), BufWriter::new(Box::pin(to)));
    let mut said = Said::default();
    if say(&mut to, &format!("220 {name} ESMTP takes what comes back")).await.is_err() {
        return;
    }
    loop {
        let Ok(line) = tokio::time::timeout(LISTENER_LINE_TIMEOUT, from.line()).await else {
            let _said = say(&mut to, "421 4.4.2 too slow").await;
            return;
        };
        let Answer(text, then) = match line {
            Ok(line) => command(&mut said, &line, name, room).await,
            Err(error) => refused(error),
        };
        if say(&mut to, &text).await.is_err() {
            return;
        }
        let text = match then {
            Then::GoOn => continue,
            Then::End => return,
            Then::ReadMail => match tokio::time::timeout(LISTENER_MAIL_TIMEOUT, from.mail()).await {
                Ok(Ok(mail)) => taken(&mut said, mail, room).await,
                Ok(Err(error)) => refused(error),
                Err(_) => Answer("421 4.4.2 too slow".to_owned(), Then::End),
            },
        };
        if say(&mut to, &text.0).await.is_err() || matches!(text.1, Then::End) {
            return;
        }
    }
}

async fn say(to: &mut (impl AsyncWrite + Unpin), text: &str) -> std::io::Result<()> {
    to.write_all(text.as_bytes()).await?;
    to.write_all(b"\r\n").await?;
    to.flush().await
}

fn refused(error: LineError) -> Answer {
    let text = match error {
        LineError::Closed => "421 4.4.2 closed",
        LineError::Bare => "554 5.6.11 lines end in CR LF",
        LineError::TooLong => "554 5.5.2 the line is too long",
    };
    Answer(text.to_owned(), Then::End)
}

async fn command(said: &mut Said, line: &[u8], name: &str, room: &dyn Mailroom) -> Answer {
    let line = String::from_utf8_lossy(line);
    let (verb, rest) = line.split_once(' ').unwrap_or((line.as_ref(), ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => {
            *said = Said { hello: true, mails: said.mails, mistakes: said.mistakes, ..Said::default() };
            answer(&format!(
                "250-{name}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {LISTENER_MAIL_BYTES_MAX}"
            ))
        }
        "HELO" => {
            *said = Said { hello: true, mails: said.mails, mistakes: said.mistakes, ..Said::default() };
            answer(&format!("250 {name}"))
        }
        "MAIL" => mail_from(said, rest),
        "RCPT" => recipient(said, rest, room).await,
        "DATA" if said.from && !said.to.is_empty() => {
            Answer("354 end with a dot on a line of its own".to_owned(), Then::ReadMail)
        }
        "DATA" => mistake(said, "503 5.5.1 no recipient was taken"),
        "RSET" => {
            (said.from, said.to) = (false, Vec::new());
            answer("250 2.0.0 forgotten")
        }
        "NOOP" => answer("250 2.0.0 yes"),
        "VRFY" => answer("252 2.5.0 nobody is named here"),
        "QUIT" => Answer("221 2.0.0 goodbye".to_owned(), Then::End),
        _ => mistake(said, "502 5.5.2 that command is not known"),
    }
}

fn mail_from(said: &mut Said, rest: &str) -> Answer {
    if !said.hello || said.from {
        return mistake(said, "503 5.5.1 out of turn");
    }
    let Some(parameters) = path(rest, "FROM:").map(|(_, parameters)| parameters) else {
        return mistake(said, "501 5.5.4 write MAIL FROM:<address>");
    };
    let size = parameters
        .split(' ')
        .find_map(|each| each.to_ascii_uppercase().strip_prefix("SIZE=")?.parse::<usize>().ok());
    if size.is_some_and(|size| size > LISTENER_MAIL_BYTES_MAX) {
        return answer("552 5.3.4 the mail is too large");
    }
    if said.mails >= LISTENER_MAILS_MAX {
        return Answer("421 4.7.0 enough mails for one connection".to_owned(), Then::End);
    }
    said.from = true;
    answer("250 2.1.0 go on")
}

async fn recipient(said: &mut Said, rest: &str, room: &dyn Mailroom) -> Answer {
    if !said.from {
        return mistake(said, "503 5.5.1 out of turn");
    }
    let Some((address, _)) = path(rest, "TO:") else {
        return mistake(said, "501 5.5.4 write RCPT TO:<address>");
    };
    if said.to.len() >= LISTENER_RECIPIENTS_MAX {
        return answer("452 4.5.3 too many recipients");
    }
    let unknown = "550 5.1.1 nobody gets mail here";
    let Some(token) = Token::read(address) else { return mistake(said, unknown) };
    match room.knows(address, token).await {
        Verdict::Taken => {
            said.to.push((address.to_owned(), token));
            answer("250 2.1.5 go on")
        }
        Verdict::Refused => mistake(said, unknown),
        Verdict::NotNow => answer("451 4.3.0 try again later"),
    }
}

/// Every recipient gets the mail; one who cannot now makes the other side come again, and twice is as once.
async fn taken(said: &mut Said, mail: Mail, room: &dyn Mailroom) -> Answer {
    let to = std::mem::take(&mut said.to);
    said.from = false;
    said.mails += 1;
    let Mail::Whole(mail) = mail else { return answer("552 5.3.4 the mail is too large") };
    let mail = Bytes::from(mail);
    let mut worst = Verdict::Taken;
    for (address, token) in &to {
        match room.take(address, *token, mail.clone()).await {
            Verdict::Taken => {}
            Verdict::NotNow => worst = Verdict::NotNow,
            Verdict::Refused if worst == Verdict::Taken => worst = Verdict::Refused,
            Verdict::Refused => {}
        }
    }
    answer(match worst {
        Verdict::Taken => "250 2.0.0 taken",
        Verdict::Refused => "554 5.6.0 this cannot be read as a mail",
        Verdict::NotNow => "451 4.3.0 try again later",
    })
}

fn mistake(said: &mut Said, text: &str) -> Answer {
    said.mistakes += 1;
    if said.mistakes >= LISTENER_MISTAKES_MAX {
        return Answer("421 4.7.0 too many mistakes".to_owned(), Then::End);
    }
    answer(text)
}

/// The address and the parameters of `FROM:<address> …`.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = rest.split_at_checked(word.len())?;
    if !head.eq_ignore_ascii_case(word) {
        return None;
    }
    let (address, parameters) = tail.trim_start().strip_prefix('<')?.split_once('>')?;
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic()) && address.len() <= 256;
    plain.then_some((address, parameters.trim()))
}
