//! How the records of a file are read: what divides their fields, and which column says what.

use serde::{Deserialize, Serialize};

use tidings_domain::address::Address;
use tidings_domain::problem::FieldProblem;
use tidings_domain::table::unguarded;
use tidings_store::model::{AttributeType, ImportKind, Refusal};

use super::consents::Defaults;
use crate::error::{EngineError, Result};

/// Stored with the import.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Layout {
    pub delimiter: u8,
    pub columns: Vec<String>,
    /// For consents.
    #[serde(default)]
    pub defaults: Defaults,
}

/// One of them names the person.
const PERSON: [&str; 4] = ["to", "phone", "bsuid", "email"];
const CONSENT: [&str; 13] = [
    "granted",
    "purpose",
    "channel",
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
];
const CONTACT: [&str; 3] = ["name", "time_zone", "language"];
/// What our own reports and exports add, and an import does not read.
const OURS: [&str; 3] = ["line", "code", "problem"];
const OURS_OF_CONTACTS: [&str; 2] = ["id", "created_at"];
/// Begins the column of an attribute.
pub(super) const ATTRIBUTE: &str = "attributes.";

impl Layout {
    /// Reads the head. A column that nobody knows is a mistake, and no line of its file would be right.
    pub fn read(
        head: &[u8],
        delimiter: u8,
        (kind, defaults): (ImportKind, Defaults),
        types: &[AttributeType],
    ) -> Result<Self> {
        let fields = fields(head, delimiter).ok_or_else(|| {
            EngineError::invalid("file", "csv.head", "The first line cannot be read as CSV in UTF-8.")
        })?;
        let columns: Vec<String> = fields.iter().map(|each| column(kind, each, types)).collect();
        for (n, column) in columns.iter().enumerate() {
            if !is_known(kind, column, types) {
                return Err(unknown(kind, n));
            }
            if columns[..n].contains(column) {
                let words = format!("Column {} has the name of another column.", n + 1);
                return Err(EngineError::invalid("file", "csv.column", words));
            }
        }
        if !PERSON.iter().any(|each| columns.iter().any(|column| column == each)) {
            let words = "One column must name the person: `phone`, `bsuid`, `email` or `to`.";
            return Err(EngineError::invalid("file", "csv.column", words));
        }
        Ok(Self { delimiter, columns, defaults })
    }

    /// The text of a field, without what guards it from spreadsheets; nothing if it is empty or has no column.
    pub fn field<'f>(&self, fields: &'f [String], name: &str) -> Option<&'f str> {
        let at = self.columns.iter().position(|column| column == name)?;
        Some(unguarded(&fields[at])).filter(|text| !text.is_empty())
    }
}

/// The name of a column as we have it; an attribute may be named without what begins its column.
fn column(kind: ImportKind, text: &str, types: &[AttributeType]) -> String {
    let name = text.trim().to_lowercase();
    let attribute = kind == ImportKind::Contacts && types.iter().any(|each| each.name == name);
    if attribute && !is_known(kind, &name, &[]) { format!("{ATTRIBUTE}{name}") } else { name }
}

fn is_known(kind: ImportKind, column: &str, types: &[AttributeType]) -> bool {
    let own = match kind {
        ImportKind::Consents => CONSENT.contains(&column),
        ImportKind::Contacts => CONTACT.contains(&column) || OURS_OF_CONTACTS.contains(&column),
    };
    let attribute =
        column.strip_prefix(ATTRIBUTE).is_some_and(|name| types.iter().any(|each| each.name == name));
    own || attribute || PERSON.contains(&column) || OURS.contains(&column)
}

fn unknown(kind: ImportKind, n: usize) -> EngineError {
    let own = match kind {
        ImportKind::Consents => CONSENT.join(", "),
        ImportKind::Contacts => format!("{}, and attributes that are declared", CONTACT.join(", ")),
    };
    let words =
        format!("Column {} has no name that is known; the names are {}, {own}.", n + 1, PERSON.join(", "));
    EngineError::invalid("file", "csv.column", words)
}

/// The fields of one record, if it is UTF-8.
pub(super) fn fields(bytes: &[u8], delimiter: u8) -> Option<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

/// The fields of a line, one for each column.
pub(super) fn record(layout: &Layout, line: u64, text: &str) -> std::result::Result<Vec<String>, Refusal> {
    let Some(fields) = fields(text.as_bytes(), layout.delimiter) else {
        let problem = FieldProblem::new("", "csv.line", "The line cannot be read as CSV.");
        return Err(refusal(line, &[], problem));
    };
    if fields.len() != layout.columns.len() {
        let words = format!("The line has {} fields, the head {}.", fields.len(), layout.columns.len());
        return Err(refusal(line, &fields, FieldProblem::new("", "csv.fields", words)));
    }
    Ok(fields)
}

pub(super) fn refusal(line: u64, fields: &[String], problem: FieldProblem) -> Refusal {
    let FieldProblem { field, code, detail } = problem;
    let detail = if field.is_empty() { detail } else { format!("{field}: {detail}") };
    Refusal { line, code: code.to_owned(), detail, fields: fields.to_vec() }
}

/// Each address that a line names, by its column, as it is written.
pub(super) fn named<'f>(of: &impl Fn(&str) -> Option<&'f str>) -> Vec<(&'static str, &'f str)> {
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
    given
}

pub(super) fn address(kind: &str, text: &str) -> std::result::Result<Address, FieldProblem> {
    Address::parse(kind, text).map_err(|mut problems| problems.swap_remove(0))
}

pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "granted" | "opt-in" | "opt_in" | "in" => Some(true),
        "no" | "false" | "0" | "n" | "revoked" | "opt-out" | "opt_out" | "out" => Some(false),
        _ => None,
    }
}
