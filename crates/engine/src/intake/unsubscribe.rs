//! Marketing mails name the address where one click ends them (RFC 8058).

use tidings_domain::address::{Address, Email};
use tidings_domain::category::Category;
use tidings_domain::outgoing::Outgoing;
use tidings_store::Store;
use tidings_store::scope::TenantScope;

use crate::caller::Caller;
use crate::catalog::Snapshot;

/// What the tokens are sealed for.
pub(crate) const PURPOSE: &str = "unsubscribe";

/// Puts the address into a marketing mail that names none.
pub(crate) fn name(
    caller: &Caller,
    snapshot: &Snapshot,
    category: Category,
    to: &Address,
    outgoing: &mut Outgoing,
) {
    let (Category::Marketing, Address::Email(email), Outgoing::Email(mail)) = (category, to, outgoing) else {
        return;
    };
    // Whatever a client wrote there, only our own address writes to the ledger.
    mail.unsubscribe_url = url(&caller.store, &caller.scope, &caller.region, snapshot, email);
}

/// `None` where the installation has no public address: a mail must not name one that leads nowhere.
pub(crate) fn url(
    store: &Store,
    scope: &TenantScope,
    region: &str,
    snapshot: &Snapshot,
    email: &Email,
) -> Option<String> {
    let base = snapshot.public_url.as_deref()?.trim_end_matches('/');
    Some(format!("{base}/p/{region}/u/{}", store.seal_token(scope, PURPOSE, email.as_str())))
}
