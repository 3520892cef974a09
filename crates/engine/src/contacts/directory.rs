//! All contacts: as a list, and as a table to take along, which an import reads again.

use serde_json::{Value, json};

use tidings_domain::actor::Permission;
use tidings_domain::id::ContactId;
use tidings_domain::table::guarded;
use tidings_store::cursor::Cursor as _;
use tidings_store::model::{ContactCard, Page};

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::imports::DIVIDER;
use crate::limits::{EXPORT_CONTACTS_MAX, EXPORT_CONTACTS_STEP};
use crate::pipeline::Engine;
use crate::report::{limit, store_cursor};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// All contacts on their way out, a piece at a time.
pub struct ContactTable {
    caller: Caller,
    format: TableFormat,
    /// Names of attributes, in the order of their columns.
    attributes: Vec<String>,
    head: bool,
    after: Option<ContactId>,
    /// Contacts that may still come.
    left: usize,
    done: bool,
}

impl Engine {
    /// Newest first, without those that were erased.
    pub async fn contacts(
        &self,
        caller: &Caller,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<Page<ContactCard, String>> {
        caller.require(Permission::ConsentsRead)?;
        let page = caller.store.contacts(&caller.scope, store_cursor(cursor)?, limit(max)?).await?;
        Ok(page.encoded())
    }

    /// Begins to hand out all contacts, or a part of them: behind a cursor, and no more than `max`.
    pub async fn export_contacts(
        &self,
        caller: &Caller,
        format: TableFormat,
        cursor: Option<&str>,
        max: Option<usize>,
    ) -> Result<ContactTable> {
        caller.require(Permission::ConsentsRead)?;
        if max.is_some_and(|max| !(1..=EXPORT_CONTACTS_MAX).contains(&max)) {
            let words =
                format!("`limit` lies between 1 and {EXPORT_CONTACTS_MAX}; without it all contacts come.");
            return Err(EngineError::invalid("limit", "limit.range", words));
        }
        let after = store_cursor(cursor)?;
        if after.is_none() {
            caller.store.note_export(&caller.scope, caller.actor, self.now()).await?;
            self.tick();
        }
        let types = caller.store.attribute_types(&caller.scope).await?;
        Ok(ContactTable {
            caller: caller.clone(),
            format,
            attributes: types.into_iter().map(|each| each.name).collect(),
            head: after.is_none() && format == TableFormat::Csv,
            after,
            left: max.unwrap_or(usize::MAX),
            done: false,
        })
    }
}

impl ContactTable {
    /// The next piece of the table; `None` at its end. Only this piece is in memory.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>> {
        if self.done {
            return Ok(None);
        }
        let step = EXPORT_CONTACTS_STEP.min(self.left);
        let page = self.caller.store.contacts(&self.caller.scope, self.after, step).await?;
        self.left -= page.items.len();
        self.done = page.next.is_none() || self.left == 0;
        self.after = page.next;
        let mut out = Vec::new();
        match self.format {
            TableFormat::Csv => self.write_csv(&page.items, &mut out),
            TableFormat::Ndjson => {
                for card in &page.items {
                    serde_json::to_writer(&mut out, &document(card)).expect("writing to memory");
                    out.push(b'\n');
                }
            }
        }
        Ok(Some(out))
    }

    /// Where a further export goes on, once the last piece was taken; nothing if all is told.
    pub fn next_cursor(&self) -> Option<String> {
        self.after.map(|after| after.encode())
    }

    fn write_csv(&mut self, cards: &[ContactCard], out: &mut Vec<u8>) {
        let mut table = csv::Writer::from_writer(out);
        if std::mem::take(&mut self.head) {
            let own = OWN.into_iter().map(str::to_owned);
            let attributes = self.attributes.iter().map(|name| format!("attributes.{name}"));
            table.write_record(own.chain(attributes)).expect("writing to memory");
        }
        for card in cards {
            let cells = cells(card, &self.attributes);
            table.write_record(cells.iter().map(|cell| guarded(cell))).expect("writing to memory");
        }
        table.flush().expect("writing to memory");
    }
}

const OWN: [&str; 8] = ["id", "created_at", "phone", "bsuid", "email", "name", "time_zone", "language"];

fn cells(card: &ContactCard, attributes: &[String]) -> Vec<String> {
    let of = |kind: &str| {
        let all = card.addresses.iter().filter(|address| address.kind() == kind);
        let texts: Vec<&str> = all.map(tidings_domain::address::Address::expose).collect();
        texts.join(&DIVIDER.to_string())
    };
    let profile = &card.profile;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let own = [
        card.id.to_string(),
        card.created_at.to_string(),
        of("phone"),
        of("bsuid"),
        of("email"),
        text(&profile.name),
        text(&profile.time_zone),
        text(&profile.language),
    ];
    let attribute = |name: &String| match profile.attributes.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    own.into_iter().chain(attributes.iter().map(attribute)).collect()
}

fn document(card: &ContactCard) -> Value {
    let identity = |address: &tidings_domain::address::Address| json!({address.kind(): address.expose()});
    let profile = &card.profile;
    json!({
        "id": card.id, "created_at": card.created_at,
        "identities": card.addresses.iter().map(identity).collect::<Vec<_>>(),
        "name": profile.name, "time_zone": profile.time_zone, "language": profile.language,
        "attributes": profile.attributes,
    })
}
