//! What the platform says of a number and of an account.

use serde::Deserialize;
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{AccountHealth, CallError, SenderHealth};

use super::lenient::{Maybe, Text};
use super::{CloudProvider, calls};
use crate::limits::CALL;

const NUMBER_FIELDS: &str = "?fields=display_phone_number,verified_name,quality_rating,status,throughput,\
                             whatsapp_business_manager_messaging_limit,health_status";
const ACCOUNT_FIELDS: &str = "?fields=name,account_review_status,health_status,owner_business_info";

#[derive(Deserialize)]
struct Number<'a> {
    #[serde(borrow, default)]
    display_phone_number: Text<'a>,
    #[serde(borrow, default)]
    verified_name: Text<'a>,
    #[serde(borrow, default)]
    quality_rating: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    throughput: Maybe<Throughput<'a>>,
    #[serde(borrow, default)]
    whatsapp_business_manager_messaging_limit: Text<'a>,
    #[serde(borrow, default)]
    health_status: Maybe<Health<'a>>,
}

#[derive(Deserialize)]
struct Throughput<'a> {
    #[serde(borrow, default)]
    level: Text<'a>,
}

#[derive(Deserialize)]
struct Health<'a> {
    #[serde(borrow, default)]
    can_send_message: Text<'a>,
}

#[derive(Deserialize)]
struct Business<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    account_review_status: Text<'a>,
    #[serde(borrow, default)]
    health_status: Maybe<Health<'a>>,
    #[serde(borrow, default)]
    owner_business_info: Maybe<Owner<'a>>,
}

#[derive(Deserialize)]
struct Owner<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
}

fn can_send(health: &Maybe<Health<'_>>) -> Option<String> {
    health.get().and_then(|health| health.can_send_message.owned())
}

impl CloudProvider {
    pub(super) async fn number_health(
        &self,
        credentials: &Credentials,
        sender_ref: &str,
    ) -> Result<SenderHealth, CallError> {
        let body = self.get(credentials, sender_ref, NUMBER_FIELDS, CALL).await?;
        let number: Number<'_> = calls::read(&body)?;
        Ok(SenderHealth {
            display_number: number.display_phone_number.owned(),
            verified_name: number.verified_name.owned(),
            quality: number.quality_rating.owned(),
            status: number.status.owned(),
            throughput: number.throughput.get().and_then(|throughput| throughput.level.owned()),
            messaging_limit: number.whatsapp_business_manager_messaging_limit.owned(),
            can_send: can_send(&number.health_status),
        })
    }

    pub(super) async fn business_health(
        &self,
        credentials: &Credentials,
        account_ref: &str,
    ) -> Result<AccountHealth, CallError> {
        let body = self.get(credentials, account_ref, ACCOUNT_FIELDS, CALL).await?;
        let account: Business<'_> = calls::read(&body)?;
        Ok(AccountHealth {
            name: account.name.owned(),
            portfolio: account.owner_business_info.get().and_then(|owner| owner.id.owned()),
            review_status: account.account_review_status.owned(),
            can_send: can_send(&account.health_status),
        })
    }
}
