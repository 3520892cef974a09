//! One person's ledger as a table.

use tidings_domain::actor::Permission;
use tidings_domain::address::Address;
use tidings_domain::table::guarded;

use super::ledger::ConsentLine;
use crate::caller::Caller;
use crate::error::Result;
use crate::pipeline::Engine;

const COLUMNS: [&str; 16] = [
    "at",
    "recorded_at",
    "to",
    "channel",
    "purpose",
    "granted",
    "source",
    "source_detail",
    "basis",
    "text",
    "text_version",
    "business_name",
    "ip",
    "document_url",
    "language",
    "actor",
];

impl Engine {
    /// Everything that was ever said by or about one person, newest first.
    pub async fn ledger_of(&self, caller: &Caller, address: &Address) -> Result<Vec<ConsentLine>> {
        caller.require(Permission::ConsentsRead)?;
        let snapshot = self.snapshot(caller).await?;
        let entries = caller.store.ledger_of(&caller.scope, address).await?;
        Ok(entries.into_iter().map(|entry| ConsentLine::of(&snapshot, entry)).collect())
    }
}

/// The ledger as CSV, with nothing in it that a spreadsheet would take for a formula.
pub fn ledger_csv(lines: &[ConsentLine]) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS).expect("writing to memory");
    for line in lines {
        let cells = cells(line);
        out.write_record(cells.iter().map(|cell| guarded(cell))).expect("writing to memory");
    }
    let bytes = out.into_inner().expect("writing to memory");
    String::from_utf8(bytes).expect("cells are texts")
}

fn cells(line: &ConsentLine) -> [String; 16] {
    let consent = &line.consent;
    let (about, proof) = (&consent.about, &consent.about.proof);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    [
        consent.at.to_string(),
        consent.recorded_at.to_string(),
        consent.address.as_ref().map(|address| address.expose().to_owned()).unwrap_or_default(),
        consent.channel.to_string(),
        line.purpose.clone(),
        if consent.granted { "yes" } else { "no" }.to_owned(),
        consent.source.to_string(),
        text(&about.source_detail),
        about.basis.map(|basis| basis.to_string()).unwrap_or_default(),
        text(&proof.text),
        text(&proof.text_version),
        text(&proof.business_name),
        text(&proof.ip),
        text(&proof.document_url),
        text(&proof.language),
        consent.actor.clone(),
    ]
}
