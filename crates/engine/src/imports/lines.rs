//! From a record to an entry of the ledger, or to the reason why it is none.

use serde::{Deserialize, Serialize};

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::category::Channel;
use tidings_domain::consent::{Basis, Proof, Reach, Source};
use tidings_domain::id::IdSource;
use tidings_domain::problem::FieldProblem;
use tidings_domain::table::unguarded;
use tidings_domain::time::Timestamp;
use tidings_store::model::{About, Counting, ImportLine, NewConsent, Refusal};

use crate::catalog::Snapshot;
use crate::error::{EngineError, Result};
use crate::limits::STATED_AHEAD_US_MAX;

/// What is taken where a line says nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Defaults {
    pub purpose: Option<String>,
    pub channel: Option<Reach>,
    pub granted: Option<bool>,
    pub source_detail: Option<String>,
}

/// How the records of one file are read; stored with the import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Layout {
    pub delimiter: u8,
    pub columns: Vec<String>,
    pub defaults: Defaults,
}

const KNOWN: [&str; 19] = [
    "to",
    "phone",
    "bsuid",
    "email",
    "purpose",
    "channel",
    "granted",
    "at",
    "source",
    "source_detail",
    "basis",
    "text",
    "text_version",
    "business_name",
    "ip",
    "document_url",
    "language",
    // What our own reports and exports add.
    "line",
    "problem",
];

impl Layout {
    /// Reads the head. A column that nobody knows is a mistake, and no line of its file would be right.
    pub fn read(head: &[u8], delimiter: u8, defaults: Defaults) -> Result<Self> {
        let fields = fields(head, delimiter).ok_or_else(|| {
            EngineError::invalid("file", "csv.head", "The first line cannot be read as CSV in UTF-8.")
        })?;
        let columns: Vec<String> = fields.iter().map(|each| each.trim().to_lowercase()).collect();
        for (n, column) in columns.iter().enumerate() {
            if !KNOWN.contains(&column.as_str()) && column != "code" {
                let words = format!(
                    "Column {} has no name that is known; the names are {}.",
                    n + 1,
                    KNOWN[..17].join(", ")
                );
                return Err(EngineError::invalid("file", "csv.column", words));
            }
            if columns[..n].contains(column) {
                let words = format!("Column {} has the name of another column.", n + 1);
                return Err(EngineError::invalid("file", "csv.column", words));
            }
        }
        if !["to", "phone", "bsuid", "email"].iter().any(|each| columns.iter().any(|column| column == each)) {
            let words = "One column must name the person: `phone`, `bsuid`, `email` or `to`.";
            return Err(EngineError::invalid("file", "csv.column", words));
        }
        Ok(Self { delimiter, columns, defaults })
    }
}

/// The fields of one record, if it is UTF-8.
pub(super) fn fields(bytes: &[u8], delimiter: u8) -> Option<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

/// What lines are read with.
pub(super) struct Desk<'a> {
    pub snapshot: &'a Snapshot,
    pub layout: &'a Layout,
    pub ids: &'a IdSource,
    pub actor: Actor,
    pub now: Timestamp,
}

impl Desk<'_> {
    pub fn line(&self, line: u64, text: &str) -> std::result::Result<ImportLine, Refusal> {
        let Some(fields) = fields(text.as_bytes(), self.layout.delimiter) else {
            return Err(refusal(
                line,
                &[],
                FieldProblem::new("", "csv.line", "The line cannot be read as CSV."),
            ));
        };
        if fields.len() != self.layout.columns.len() {
            let words =
                format!("The line has {} fields, the head {}.", fields.len(), self.layout.columns.len());
            return Err(refusal(line, &fields, FieldProblem::new("", "csv.fields", words)));
        }
        match self.consent(&fields) {
            Ok(consent) => Ok(ImportLine { line, consent, fields }),
            Err(problem) => Err(refusal(line, &fields, problem)),
        }
    }

    fn field<'f>(&self, fields: &'f [String], name: &str) -> Option<&'f str> {
        let at = self.layout.columns.iter().position(|column| column == name)?;
        Some(unguarded(&fields[at])).filter(|text| !text.is_empty())
    }

    fn consent(&self, fields: &[String]) -> std::result::Result<NewConsent, FieldProblem> {
        let of = |name: &str| self.field(fields, name);
        let defaults = &self.layout.defaults;
        let address = address(&of)?;
        let channel = match of("channel") {
            Some(text) => Reach::parse(&text.to_lowercase()).ok_or_else(|| {
                FieldProblem::new("channel", "channel.unknown", "A channel is whatsapp, sms, email or any.")
            })?,
            None => defaults.channel.unwrap_or_else(|| usual(&address)),
        };
        let purpose = of("purpose").or(defaults.purpose.as_deref()).unwrap_or("marketing");
        let purpose = self.snapshot.purpose(&purpose.to_lowercase()).ok_or_else(|| {
            FieldProblem::new(
                "purpose",
                "purpose.unknown",
                "Name a category or the code of a topic of yours.",
            )
        })?;
        let granted = match of("granted") {
            Some(text) => truth(text).ok_or_else(|| {
                FieldProblem::new(
                    "granted",
                    "granted.unknown",
                    "Write yes or no: whether it was granted or revoked.",
                )
            })?,
            None => defaults.granted.ok_or_else(|| {
                FieldProblem::new(
                    "granted",
                    "granted.missing",
                    "Say whether it was granted or revoked: yes or no.",
                )
            })?,
        };
        let at = of("at").map(time).transpose()?;
        if at.is_some_and(|at| at > self.now.plus(STATED_AHEAD_US_MAX)) {
            return Err(FieldProblem::new("at", "time.future", "The time lies in the future."));
        }
        let counting = match (at, granted) {
            (Some(_), _) => Counting::AsStated,
            (None, true) => Counting::UnlessRevoked,
            (None, false) => Counting::Now,
        };
        Ok(NewConsent {
            id: self.ids.next(self.now),
            address,
            channel,
            purpose,
            granted,
            source: source(of("source"))?,
            about: self.about(&of)?,
            at: at.unwrap_or(self.now).min(self.now),
            counting,
            actor: self.actor,
        })
    }

    fn about<'f>(&self, of: &impl Fn(&str) -> Option<&'f str>) -> std::result::Result<About, FieldProblem> {
        let text = |name: &str| of(name).map(str::to_owned);
        let proof = Proof {
            text: text("text"),
            text_version: text("text_version"),
            business_name: text("business_name"),
            ip: text("ip"),
            document_url: text("document_url"),
            language: text("language"),
        };
        proof.check().map_err(|mut problems| problems.swap_remove(0))?;
        let basis = match of("basis") {
            None => None,
            Some(name) => Some(Basis::parse(&name.to_lowercase()).ok_or_else(|| {
                FieldProblem::new(
                    "basis",
                    "basis.unknown",
                    "A basis is consent, soft_opt_in, contract, legal or vital.",
                )
            })?),
        };
        let source_detail = text("source_detail").or_else(|| self.layout.defaults.source_detail.clone());
        Ok(About { source_detail, basis, proof, evidence: None })
    }
}

fn refusal(line: u64, fields: &[String], problem: FieldProblem) -> Refusal {
    let FieldProblem { field, code, detail } = problem;
    let detail = if field.is_empty() { detail } else { format!("{field}: {detail}") };
    Refusal { line, code: code.to_owned(), detail, fields: fields.to_vec() }
}

fn address<'f>(of: &impl Fn(&str) -> Option<&'f str>) -> std::result::Result<Address, FieldProblem> {
    let kinds = ["phone", "bsuid", "email"].into_iter().filter_map(|kind| Some((kind, of(kind)?)));
    let mut given: Vec<(&str, &str)> = kinds.collect();
    if let Some(text) = of("to") {
        let kind = match text {
            text if text.contains('@') => "email",
            text if text.starts_with(|c: char| c.is_ascii_alphabetic()) => "bsuid",
            _ => "phone",
        };
        given.push((kind, text));
    }
    match given.as_slice() {
        [(kind, text)] => Address::parse(kind, text).map_err(|mut problems| problems.swap_remove(0)),
        [] => Err(FieldProblem::new("phone", "recipient.missing", "The line names nobody.")),
        _ => Err(FieldProblem::new(
            "phone",
            "recipient.one",
            "The line names a person in more than one way; use a line for each.",
        )),
    }
}

fn usual(address: &Address) -> Reach {
    let fits = |channel: &Channel| address.fits(*channel);
    Channel::ALL.into_iter().find(fits).map_or(Reach::Any, Reach::On)
}

fn source(text: Option<&str>) -> std::result::Result<Source, FieldProblem> {
    let Some(text) = text else { return Ok(Source::Import) };
    // The platform's own word comes by its webhooks alone.
    Source::parse(&text.to_lowercase()).filter(|source| *source != Source::ProviderWebhook).ok_or_else(|| {
        FieldProblem::new("source", "source.unknown", "Use one of the known sources, or leave it out.")
    })
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "granted" | "opt-in" | "opt_in" | "in" => Some(true),
        "no" | "false" | "0" | "n" | "revoked" | "opt-out" | "opt_out" | "out" => Some(false),
        _ => None,
    }
}

/// A time with its offset, or a day, which counts from its beginning in UTC.
fn time(text: &str) -> std::result::Result<Timestamp, FieldProblem> {
    let day = || (text.len() == 10).then(|| Timestamp::parse(&format!("{text}T00:00:00Z")))?;
    let blank =
        || (text.as_bytes().get(10) == Some(&b' ')).then(|| Timestamp::parse(&text.replacen(' ', "T", 1)))?;
    Timestamp::parse(text).or_else(day).or_else(blank).ok_or_else(|| {
        FieldProblem::new(
            "at",
            "time.form",
            "Write the time like 2026-05-03T14:00:00Z, or the day like 2026-05-03.",
        )
    })
}
