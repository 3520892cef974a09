//! Who complained: reports name the mail and mostly not the person.

use tidings_domain::address::Address;
use tidings_domain::fact::{CallbackEntry, Complaint, Fact, Identities};
use tidings_store::Store;
use tidings_store::scope::TenantScope;

use crate::content::Content;
use crate::error::Result;

/// Puts the recipient of the attempt into the complaints that name nobody.
pub(super) async fn name(store: &Store, scope: &TenantScope, entry: &mut CallbackEntry) -> Result<()> {
    for fact in &mut entry.facts {
        let Fact::Complaint(complaint) = fact else { continue };
        let Complaint { attempt: Some(attempt), who, .. } = complaint else { continue };
        if *who != Identities::default() {
            continue;
        }
        let Some(message) = store.message(scope, attempt.message()).await? else { continue };
        let content = message.content.as_ref().and_then(|text| Content::read(text.as_bytes()));
        match content.map(|content| content.to) {
            Some(Address::Email(email)) => who.email = Some(email),
            Some(Address::Phone(phone)) => who.phone = Some(phone),
            Some(Address::Bsuid(bsuid)) => who.bsuid = Some(bsuid),
            None => {}
        }
    }
    Ok(())
}
