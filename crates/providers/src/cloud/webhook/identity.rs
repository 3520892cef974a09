//! Who is meant. A person may come with a phone number, with an id that only this business sees, or both.

use serde::Deserialize;
use tidings_domain::address::{Bsuid, Phone};
use tidings_domain::fact::Identities;

use super::super::lenient::{List, Maybe, Text};

/// One of the `contacts` that stand beside the items of a value.
#[derive(Deserialize)]
pub(super) struct Contact<'a> {
    #[serde(borrow, default)]
    wa_id: Text<'a>,
    #[serde(borrow, default)]
    user_id: Text<'a>,
    #[serde(borrow, default)]
    parent_user_id: Text<'a>,
    #[serde(borrow, default)]
    profile: Maybe<Profile<'a>>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    username: Text<'a>,
}

/// The ids that an item itself gives.
#[derive(Clone, Copy, Default)]
pub(super) struct Named<'a> {
    /// A phone number in digits; some versions put the business-scoped id here.
    pub id: Option<&'a str>,
    pub user: Option<&'a str>,
    pub parent: Option<&'a str>,
}

impl Named<'_> {
    pub(super) fn identities(self) -> Identities {
        let bsuid = |text: Option<&str>| text.and_then(Bsuid::from_platform);
        Identities {
            phone: self.id.and_then(Phone::from_platform_digits),
            bsuid: bsuid(self.user).or_else(|| Bsuid::parse(self.id?).ok()),
            parent_bsuid: bsuid(self.parent),
            ..Identities::default()
        }
    }

    /// With what the matching contact adds. An item that names nobody belongs to a contact that stands alone.
    pub(super) fn with(self, contacts: &List<Maybe<Contact<'_>>>) -> Identities {
        let all = || contacts.items.iter().filter_map(Maybe::get);
        let same = |text: &Text<'_>, id: Option<&str>| id.is_some() && text.get() == id;
        let found = all().find(|contact| same(&contact.wa_id, self.id) || same(&contact.user_id, self.user));
        let alone = || all().next().filter(|_| contacts.items.len() == 1);
        let nameless = self.id.is_none() && self.user.is_none();
        let Some(contact) = found.or_else(|| alone().filter(|_| nameless)) else {
            return self.identities();
        };
        let named = Named {
            id: self.id.or(contact.wa_id.get()),
            user: self.user.or(contact.user_id.get()),
            parent: self.parent.or(contact.parent_user_id.get()),
        };
        let profile = contact.profile.get();
        Identities {
            username: profile.and_then(|profile| profile.username.owned()),
            profile_name: profile.and_then(|profile| profile.name.owned()),
            ..named.identities()
        }
    }
}

/// Whether a person can be found by these.
pub(super) fn is_someone(who: &Identities) -> bool {
    who.phone.is_some() || who.bsuid.is_some()
}
