//! One call of the messages edge: validated, counted, accepted or refused, and sometimes mishandled.

mod check;
mod envelope;
mod interactive;
mod plain;
mod template;

pub(crate) use check::Check;
pub(crate) use envelope::Envelope;

use std::fmt::Write;
use std::sync::Arc;

use crate::answer::Answer;
use crate::customers::Accepted;
use crate::error::GraphError;
use crate::json;
use crate::ledger::{Entry, Outcome};
use crate::limits::{MAX_CALLBACK_DATA_CHARS, PAIR_INTERVAL_US, STOP_GRACE_US};
use crate::pace::{Room, take_pair};
use crate::queue::{Category, What};
use crate::state::{State, key_of_user_id};

/// The edge a message came by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    Messages,
    MarketingMessages,
}

/// A message that is well-formed and names what exists.
pub(super) struct Valid {
    kind: &'static str,
    template: Option<(u32, u32)>,
    category: Category,
    voice: bool,
}

/// Who a message is for.
struct Recipient<'a> {
    input: &'a str,
    key: String,
    by_user_id: bool,
}

impl State {
    /// Handles a parsed body for a number the token owns.
    pub(crate) fn messages(
        &mut self,
        now_us: i64,
        edge: Edge,
        phone: u32,
        envelope: Result<Envelope<'_>, GraphError>,
    ) -> Answer {
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(error) => {
                let person = self.person("");
                self.record(now_us, (phone, person), "unreadable", None, None, Outcome::Error(error.code));
                return self.refuse(&error);
            }
        };
        let down = now_us < self.outage_until_us;
        if envelope.status.is_some() && !down {
            return match mark_read(&envelope) {
                Ok(()) => Answer::success(),
                Err(error) => self.refuse(&error),
            };
        }
        let callback: Option<Arc<str>> =
            envelope.biz_opaque_callback_data.as_ref().map(|text| text.get().into());
        let recipient = recipient(&envelope);
        let person = self.person(recipient.as_ref().map_or("", |r| r.key.as_str()));
        let valid = recipient.and_then(|recipient| {
            let valid = self.validate(edge, phone, &recipient, &envelope)?;
            Ok((recipient, valid))
        });
        let (recipient, valid) = match valid {
            Ok(valid) => valid,
            Err(error) => {
                let kind = envelope::known_kind(envelope.kind.as_ref().map_or("text", |kind| kind.get()));
                self.record(now_us, (phone, person), kind, None, callback, Outcome::Error(error.code));
                return self.refuse(&error);
            }
        };
        let refusal =
            if down { Some(GraphError::new(2, "")) } else { self.limits(now_us, phone, person, &valid) };
        let outcome = match &refusal {
            Some(_) if down => Outcome::Outage,
            Some(error) => Outcome::Error(error.code),
            None => self.fault(),
        };
        let n = self.book.next_n();
        self.record(now_us, (phone, person), valid.kind, valid.template, callback.clone(), outcome);
        if outcome.accepted() {
            self.accept(now_us, n, phone, person, callback, &recipient, &valid);
        } else if refusal.is_none() {
            // What never became a message does not burden the pair.
            self.pair(phone, person).debt_until_us -= PAIR_INTERVAL_US;
        }
        match (refusal, outcome) {
            (Some(error), _) => self.refuse(&error),
            (None, outcome) => self.answer(outcome, n, &recipient, &valid),
        }
    }

    fn validate(
        &self,
        edge: Edge,
        phone: u32,
        recipient: &Recipient<'_>,
        envelope: &Envelope<'_>,
    ) -> Result<Valid, GraphError> {
        if let Some(data) = &envelope.biz_opaque_callback_data
            && data.get().len() > MAX_CALLBACK_DATA_CHARS
            && data.get().chars().count() > MAX_CALLBACK_DATA_CHARS
        {
            return Err(GraphError::parameter(format!(
                "Param biz_opaque_callback_data must be at most {MAX_CALLBACK_DATA_CHARS} characters long."
            )));
        }
        let number = &self.phones[phone as usize];
        if !recipient.by_user_id && digits_equal(&number.display, &recipient.key) {
            return Err(GraphError::new(131_021, "Sender and recipient are the same number."));
        }
        let kind = envelope.kind.as_ref().map_or("text", |kind| kind.get());
        if edge == Edge::MarketingMessages && kind != "template" {
            return Err(GraphError::new(131_055, "Only marketing templates can be sent here."));
        }
        if kind != "template" {
            let voice = plain::check(envelope, kind, &self.shelf)?;
            let kind = envelope::known_kind(kind);
            return Ok(Valid { kind, template: None, category: Category::Service, voice });
        }
        let object = envelope.template.as_ref().ok_or_else(|| GraphError::missing("template"))?;
        let account = &self.accounts[number.account as usize];
        let index = template::find(account, object)?;
        let template = &account.templates[index as usize];
        if recipient.by_user_id && template.category == Category::Authentication {
            return Err(GraphError::new(131_062, "Authentication templates need a phone number."));
        }
        if edge == Edge::MarketingMessages && template.category != Category::Marketing {
            return Err(GraphError::new(131_055, "Only marketing templates can be sent here."));
        }
        template::check(template, object, &self.shelf)?;
        let named = Some((number.account, index));
        Ok(Valid { kind: "template", template: named, category: template.category, voice: false })
    }

    /// What the provider counts; a breach is also a violation in the book.
    fn limits(&mut self, now_us: i64, phone: u32, person: u32, valid: &Valid) -> Option<GraphError> {
        let pair = self.pairs.get(&(phone, person)).copied().unwrap_or_default();
        if self.config.window_rule && valid.template.is_none() && pair.window_until_us <= now_us {
            return Some(GraphError::new(
                131_047,
                "Message failed to send because more than 24 hours have passed since the customer last \
                 replied to this number.",
            ));
        }
        let room = self.phones[phone as usize].throughput.take(now_us);
        if room == Room::Exceeded {
            let id = &self.phones[phone as usize].id;
            self.book.violation(|| format!("throughput: number {id} at {now_us}"));
        }
        if room != Room::Fits {
            return Some(throughput_error());
        }
        if self.config.pair_limit && !take_pair(&mut self.pair(phone, person).debt_until_us, now_us) {
            let (id, n) = (self.phones[phone as usize].id.clone(), self.book.next_n());
            self.book.violation(|| format!("pair: number {id}, submission {n}, at {now_us}"));
            return Some(GraphError::new(
                131_056,
                "Too many messages sent from the sender phone number to the same recipient phone number in a \
                 short period of time.",
            ));
        }
        None
    }

    fn fault(&mut self) -> Outcome {
        let faults = &self.config.faults;
        let shares = [
            (faults.timeout_before_accept, Outcome::TimeoutBefore),
            (faults.timeout_after_accept, Outcome::TimeoutAfter),
            (faults.server_error, Outcome::ServerError),
            (faults.server_error_after_accept, Outcome::ServerErrorAfter),
            (faults.rate_limited, Outcome::RateLimited),
            (faults.invalid_json_200, Outcome::InvalidJson),
        ];
        if shares.iter().all(|(share, _)| *share <= 0.0) {
            return Outcome::Accepted;
        }
        let mut draw = self.dice.unit();
        for (share, outcome) in shares {
            if draw < share {
                return outcome;
            }
            draw -= share.max(0.0);
        }
        Outcome::Accepted
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one acceptance, used once")]
    fn accept(
        &mut self,
        now_us: i64,
        n: u64,
        phone: u32,
        person: u32,
        callback: Option<Arc<str>>,
        recipient: &Recipient<'_>,
        valid: &Valid,
    ) {
        let pair = self.pairs.get(&(phone, person)).copied().unwrap_or_default();
        let account = self.phones[phone as usize].account;
        let mut doomed = None;
        if valid.template.is_some() && pair.window_until_us <= now_us {
            let own = &mut self.accounts[account as usize];
            if !own.reach.take(own.tier, person, now_us) {
                let id = own.id.clone();
                self.book.violation(|| format!("messaging limit: account {id}, submission {n}, at {now_us}"));
                doomed = Some(131_048);
            }
        }
        if valid.category == Category::Marketing {
            if pair.no_marketing {
                doomed = Some(131_050);
            }
            let stopped = self.stops.get(&(account, person)).copied();
            if stopped.is_some_and(|at| now_us > at + STOP_GRACE_US) {
                self.book
                    .violation(|| format!("opt-out: submission {n} at {now_us} is marketing after STOP"));
            }
        }
        let by_user_id = recipient.by_user_id;
        let reaction = valid.kind == "reaction";
        let category = valid.category;
        self.plan_fate(
            now_us,
            &Accepted {
                n,
                phone,
                person,
                callback,
                category,
                by_user_id,
                voice: valid.voice,
                reaction,
                doomed,
            },
        );
        let (drop, pause) = (self.config.faults.quality_drop, self.config.faults.template_pause);
        if self.dice.chance(drop) {
            self.phone_event(now_us, phone, "FLAGGED");
        }
        if let Some((account, template)) = valid.template
            && self.dice.chance(pause)
        {
            self.template_event(now_us, account, template, "PAUSED");
            let back = now_us + self.config.template_pause_us;
            self.queue.plan(back, What::TemplateBack { account, template });
        }
    }

    fn record(
        &mut self,
        at_us: i64,
        (phone, person): (u32, u32),
        kind: &'static str,
        template: Option<(u32, u32)>,
        callback: Option<Arc<str>>,
        outcome: Outcome,
    ) {
        self.book.submitted(Entry {
            at_us,
            phone,
            person,
            kind,
            template,
            callback,
            outcome,
            receipts: Vec::new(),
        });
    }

    pub(crate) fn refuse(&mut self, error: &GraphError) -> Answer {
        Answer::error(error, self.next_trace())
    }

    fn answer(&mut self, outcome: Outcome, n: u64, recipient: &Recipient<'_>, valid: &Valid) -> Answer {
        let mut body = String::with_capacity(256);
        body.push_str("{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":");
        json::string(&mut body, recipient.input);
        let field = if recipient.by_user_id { "user_id" } else { "wa_id" };
        let shown = if recipient.by_user_id { recipient.input } else { &recipient.key };
        let _ = write!(body, ",\"{field}\":\"{shown}\"}}],\"messages\":[{{\"id\":\"{}\"", self.wamid(n));
        body.push_str(if valid.template.is_some() { ",\"message_status\":\"accepted\"}]}" } else { "}]}" });
        let mut answer = match outcome {
            Outcome::ServerError => self.refuse(&server_error(n)),
            Outcome::ServerErrorAfter => self.refuse(&server_error(n + 1)),
            Outcome::RateLimited => self.refuse(&throughput_error()),
            Outcome::InvalidJson => {
                body.truncate(body.len() / 2);
                Answer::json(200, body)
            }
            Outcome::TimeoutBefore | Outcome::TimeoutAfter => Answer::json(200, body).hanging(),
            Outcome::Accepted | Outcome::Error(_) | Outcome::Outage => Answer::json(200, body),
        };
        answer.delay_us = self.config.answer_delay_us;
        answer
    }
}

fn server_error(n: u64) -> GraphError {
    match n % 3 {
        0 => GraphError::new(131_000, "Something went wrong."),
        1 => GraphError::new(131_016, "Service is temporarily unavailable."),
        _ => GraphError::new(2, ""),
    }
}

fn throughput_error() -> GraphError {
    GraphError::new(130_429, "Cloud API message throughput has been reached.").subcode(2_494_055)
}

fn mark_read(envelope: &Envelope<'_>) -> Result<(), GraphError> {
    envelope.product()?;
    let status = envelope.status.as_ref().map_or("", |status| status.get());
    if status != "read" {
        return Err(GraphError::parameter("Param status must be one of {read}."));
    }
    let id = envelope.message_id.as_ref().ok_or_else(|| GraphError::missing("message_id"))?;
    if !id.get().starts_with("wamid.") {
        return Err(GraphError::invalid("message_id is not the id of a message."));
    }
    if let Some(typing) = envelope.typing_indicator {
        let typing = Check::parse(typing, "typing_indicator")?;
        Check::new(&typing, "typing_indicator").one_of("type", &["text"])?;
    }
    Ok(())
}

fn recipient<'a>(envelope: &'a Envelope<'_>) -> Result<Recipient<'a>, GraphError> {
    envelope.product()?;
    match envelope.recipient_type.as_ref().map_or("individual", |kind| kind.get()) {
        "individual" => {}
        "group" => return Err(GraphError::new(131_051, "Groups are not available to this number.")),
        _ => return Err(GraphError::parameter("Param recipient_type must be one of {INDIVIDUAL, GROUP}.")),
    }
    if let Some(to) = &envelope.to {
        let input = to.get();
        let digits: String = input.chars().filter(char::is_ascii_digit).collect();
        let tolerated = input.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'));
        if !tolerated || !(7..=15).contains(&digits.len()) {
            return Err(GraphError::invalid("Param to is not a valid phone number."));
        }
        return Ok(Recipient { input, key: digits, by_user_id: false });
    }
    let Some(user) = &envelope.recipient else {
        return Err(GraphError::parameter("The parameter to is required."));
    };
    let input = user.get();
    let valid = input.split_once('.').is_some_and(|(country, rest)| {
        country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=132).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
    });
    if !valid {
        return Err(GraphError::invalid("Param recipient is not a valid business-scoped user id."));
    }
    Ok(Recipient { input, key: key_of_user_id(input).to_owned(), by_user_id: true })
}

fn digits_equal(display: &str, digits: &str) -> bool {
    display.bytes().filter(u8::is_ascii_digit).eq(digits.bytes())
}
