//! The templates of an account, page by page.

use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::CallError;
use tidings_domain::whatsapp::TemplateDefinition;

use super::lenient::{List, Maybe, Text};
use super::{CloudProvider, calls};
use crate::limits::{PAGE, TEMPLATE_PAGES_MAX, TEMPLATES_PER_PAGE};

const FIELDS: &str = "id,name,language,status,category,components,parameter_format,quality_score,\
                      rejected_reason,previous_category,correct_category";

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: List<&'a RawValue>,
    #[serde(borrow, default)]
    paging: Maybe<Paging<'a>>,
}

#[derive(Deserialize)]
struct Paging<'a> {
    #[serde(borrow, default)]
    cursors: Maybe<Cursors<'a>>,
    #[serde(borrow, default)]
    next: Text<'a>,
}

#[derive(Deserialize)]
struct Cursors<'a> {
    #[serde(borrow, default)]
    after: Text<'a>,
}

impl Page<'_> {
    /// The cursor of the next page. `after` stands on the last page as well; `next` does not.
    fn next(&self) -> Option<String> {
        let paging = self.paging.get()?;
        paging.next.get()?;
        paging.cursors.get()?.after.owned()
    }
}

impl CloudProvider {
    pub(super) async fn list_templates(
        &self,
        credentials: &Credentials,
        account_ref: &str,
    ) -> Result<Vec<TemplateDefinition>, CallError> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..TEMPLATE_PAGES_MAX {
            let rest = rest(after.as_deref());
            let body = self.get(credentials, account_ref, &rest, PAGE).await?;
            let page: Page<'_> = calls::read(&body)?;
            all.extend(page.data.items.iter().filter_map(|item| definition(item)));
            let next = page.next();
            if next.is_none() {
                return Ok(all);
            }
            if next == after {
                return Err(CallError::Unreadable);
            }
            after = next;
        }
        Err(CallError::Refused("the provider lists more templates than an account can have".to_owned()))
    }
}

fn rest(after: Option<&str>) -> String {
    let mut rest = format!("/message_templates?fields={FIELDS}&limit={TEMPLATES_PER_PAGE}");
    if let Some(after) = after {
        rest.push_str("&after=");
        rest.extend(url::form_urlencoded::byte_serialize(after.as_bytes()));
    }
    rest
}

fn definition(item: &RawValue) -> Option<TemplateDefinition> {
    TemplateDefinition::from_json(item.get().as_bytes())
}
