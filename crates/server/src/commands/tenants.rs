//! `tidings tenant …` and `tidings key …`.

use serde_json::{Value, json};

use super::{Outcome, view};
use crate::cli::{Key, Server, Tenant};
use crate::output::Out;

pub async fn tenant(command: Tenant, out: Out) -> Outcome {
    match command {
        Tenant::Create { name, region, messages_per_s, server } => {
            let mut body = json!({"name": name});
            if let Some(region) = region {
                body["region"] = json!(region);
            }
            if let Some(rate) = messages_per_s {
                body["messages_per_s"] = json!(rate);
            }
            let made = view::api(&server).post("/v1/tenants", Some(body)).await?;
            Ok(out.answer(&made, || {
                format!(
                    "{}\nThe key is shown only now. Use it as TIDINGS_KEY.",
                    view::fields(&made, &[("tenant", "/id"), ("key", "/key")])
                )
            })?)
        }
        Tenant::List(list) => {
            let page = view::api(&list.server).get(&format!("/v1/tenants{}", view::page(&list, &[]))).await?;
            let columns = [
                ("ID", "/id"),
                ("NAME", "/name"),
                ("MSG/S", "/messages_per_s"),
                ("SUSPENDED", "/suspended"),
                ("MADE", "/created_at"),
            ];
            Ok(out.answer(&page, || view::list(&page, "tenants", &columns))?)
        }
        Tenant::Suspend(by) => patch(&by.server, &by.id, json!({"suspended": true}), out).await,
        Tenant::Resume(by) => patch(&by.server, &by.id, json!({"suspended": false}), out).await,
        Tenant::Limit { id, accepts_per_s, accepts_per_day, server } => {
            let mut body = json!({});
            if let Some(rate) = accepts_per_s {
                body["accepts_per_s"] = if rate == 0.0 { Value::Null } else { json!(rate) };
            }
            if let Some(count) = accepts_per_day {
                body["accepts_per_day"] = if count == 0 { Value::Null } else { json!(count) };
            }
            patch(&server, &id, body, out).await
        }
    }
}

async fn patch(server: &Server, id: &str, body: Value, out: Out) -> Outcome {
    let path = format!("/v1/tenants/{}", crate::api::escaped(id));
    let tenant = view::api(server).call(http::Method::PATCH, &path, Some(body), None).await?;
    let fields = [
        ("tenant", "/id"),
        ("suspended", "/suspended"),
        ("accepts a second", "/accepts_per_s"),
        ("accepts a day", "/accepts_per_day"),
    ];
    Ok(out.answer(&tenant, || view::fields(&tenant, &fields))?)
}

pub async fn key(command: Key, out: Out) -> Outcome {
    match command {
        Key::Create { name, role, permissions, server } => {
            let mut body = json!({"name": name, "role": role});
            if let Some(permissions) = permissions {
                body["permissions"] = json!(permissions);
            }
            let made = view::api(&server).post("/v1/keys", Some(body)).await?;
            Ok(out.answer(&made, || {
                format!(
                    "{}\nThe key is shown only now.",
                    view::fields(&made, &[("id", "/id"), ("key", "/key")])
                )
            })?)
        }
        Key::List(list) => {
            let page = view::api(&list.server).get(&format!("/v1/keys{}", view::page(&list, &[]))).await?;
            let columns = [
                ("ID", "/id"),
                ("NAME", "/name"),
                ("ROLE", "/role"),
                ("MADE", "/created_at"),
                ("REVOKED", "/revoked_at"),
            ];
            Ok(out.answer(&page, || view::list(&page, "keys", &columns))?)
        }
        Key::Revoke(by) => {
            view::api(&by.server).delete(&format!("/v1/keys/{}", crate::api::escaped(&by.id))).await?;
            Ok(out.answer(&json!({"id": by.id, "revoked": true}), || format!("{} is revoked", by.id))?)
        }
    }
}
