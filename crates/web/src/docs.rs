//! The API's description, and a page to browse it that loads nothing from elsewhere.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Info, License, OpenApi, OpenApiBuilder, Ref, RefOr, Response as ApiResponse,
    ResponseBuilder, SecurityRequirement, path::Operation, path::PathItem, tag::TagBuilder,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem::{FieldError, PROBLEM_JSON, Problem};
use crate::state::AppState;

const OPENAPI_PATH: &str = "/openapi.json";

/// The page sets styles from script; nothing else of it needs more than this origin.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const TAGS: &[(&str, &str)] = &[
    ("messages", "Send, look up, explain, cancel, redrive."),
    ("inbound", "What people sent to you."),
    ("contacts", "People: how they are reached, what is known of them, and how they are forgotten."),
    ("events", "Everything that happens, as it happens."),
    ("templates", "Approved content."),
    ("consents", "Who may be written to, on which channel, for which purpose."),
    ("recipients", "Who cannot be reached."),
    ("media", "Files."),
    ("verifications", "One-time passwords: send a code, check it, and what limits both."),
    ("policy", "What would be decided."),
    ("recovery", "After a restore: what may have left since the backup."),
    ("pauses", "The kill switch."),
    ("accounts", "Credentials and shared limits at a provider."),
    ("senders", "Identities that messages come from, and their lanes."),
    ("keys", "API keys of a tenant."),
    ("tenants", "Isolated customers of the installation."),
    ("rotations", "New keys for the installation."),
    ("nodes", "Processes of the installation, and the slots they decide for."),
];

/// The frame that the routes fill.
pub fn base() -> OpenApi {
    let mut info = Info::new("Tidings", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Messaging infrastructure. Times are RFC 3339 in UTC; ids are TypeIDs; lists are paged with `limit` and \
         `cursor`; every refusal is a problem document (RFC 9457) with a stable `code`."
            .to_owned(),
    );
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    let bearer = |description: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description));
        SecurityScheme::Http(scheme.build())
    };
    let mut components = Components::new();
    components.add_security_scheme("api_key", bearer("An API key of a tenant: `tdk_<region>_…`"));
    components
        .add_security_scheme("installation_key", bearer("The key that `tidings init` printed: `tdi_…`"));
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new::<_, [String; 0], String>("api_key", [])]))
        .tags(Some(
            TAGS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build()),
        ))
        .build()
}

/// Adds to every operation what every operation may answer.
pub fn complete(openapi: &mut OpenApi) {
    let components = openapi.components.get_or_insert_default();
    for (name, schema) in [(Problem::name(), Problem::schema()), (FieldError::name(), FieldError::schema())] {
        components.schemas.entry(name.into_owned()).or_insert(schema);
    }
    for item in openapi.paths.paths.values_mut() {
        for operation in operations(item) {
            for (status, description) in [
                ("401", "The key is missing, unknown or revoked"),
                ("403", "The key does not have the permission"),
                ("429", "Too many requests; `Retry-After` says when"),
                ("503", "Busy, or the store cannot be reached; `Retry-After` says when"),
                ("default", "Any other refusal"),
            ] {
                let responses = &mut operation.responses.responses;
                responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

fn problem(description: &str) -> ApiResponse {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build()
}

/// The description and the page.
pub fn router(openapi: OpenApi) -> Router<AppState> {
    let json = openapi.to_json().map(Bytes::from).expect("the description has only string keys");
    let answer = move || async move { ([(CONTENT_TYPE, "application/json")], json).into_response() };
    page().route(OPENAPI_PATH, get(answer))
}

fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let config = Config::from(OPENAPI_PATH).persist_authorization(false);
    let page: Router<S> = SwaggerUi::new("/docs").config(config).into();
    page.layer(middleware::from_fn(policy))
}

async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    response
}

#[cfg(test)]
mod tests;
