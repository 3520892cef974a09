//! `/v1`: one file per resource. Permissions are checked by the engine, behind every edge alike.

pub mod accounts;
pub mod adoption;
pub mod catalogue;
pub mod consent_forms;
pub mod consents;
pub mod contact_table;
pub mod contacts;
pub mod dead_letters;
pub mod events;
pub mod imports;
pub mod inbound;
pub mod keys;
pub mod media;
pub mod messages;
pub mod nodes;
pub mod opt_out_reviews;
pub mod overview;
pub mod pauses;
pub mod policy;
pub mod preference_links;
pub mod recipients;
pub mod recovery;
pub mod rotations;
pub mod schema;
pub mod send;
pub mod senders;
pub mod stream;
pub mod templates;
pub mod tenants;
pub mod topics;
pub mod verifications;
pub mod versions;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::limits;
use crate::state::AppState;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(administration())
        .merge(sending())
        .merge(reading())
        .merge(files())
        .merge(policy())
        .merge(codes())
        .merge(consent())
        .merge(template_catalogue())
}

fn administration() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(tenants::create_tenant, tenants::list_tenants))
        .routes(routes!(policy::list_changes))
        .routes(routes!(tenants::update_tenant))
        .routes(routes!(nodes::list_nodes))
        .routes(routes!(keys::create_key, keys::list_keys))
        .routes(routes!(keys::revoke_key))
        .routes(routes!(accounts::create_account, accounts::list_accounts))
        .routes(routes!(accounts::update_account))
        .routes(routes!(accounts::account_health))
        .routes(routes!(senders::create_sender, senders::list_senders))
        .routes(routes!(senders::get_sender, senders::update_sender))
        .routes(routes!(senders::sender_lane))
        .routes(routes!(senders::sender_health))
        .routes(routes!(templates::sync_templates))
        .routes(routes!(templates::list_templates))
        .routes(routes!(recipients::list_invalid_recipients))
        .routes(routes!(recipients::lift_invalid_recipient))
        .routes(routes!(pauses::set_pause, pauses::list_pauses))
        .routes(routes!(pauses::lift_pause))
        .routes(routes!(recovery::get_recovery, recovery::review_held))
        .routes(routes!(rotations::rotate))
}

fn policy() -> OpenApiRouter<AppState> {
    let audience = OpenApiRouter::new()
        .routes(routes!(policy::evaluate_audience))
        .layer(DefaultBodyLimit::max(limits::AUDIENCE_BODY_BYTES_MAX));
    OpenApiRouter::new()
        .merge(audience)
        .routes(routes!(policy::evaluate_policy))
        .routes(routes!(policy::get_policy, policy::set_policy))
        .routes(routes!(policy::policy_history))
        .routes(routes!(policy::list_packs))
        .routes(routes!(policy::recent_decisions))
        .routes(routes!(policy::add_rule, policy::list_rules))
        .routes(routes!(policy::remove_rule))
}

/// Consent and contacts.
fn consent() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(consents::add_consent, consents::list_consents))
        .routes(routes!(consents::consent_state))
        .routes(routes!(consents::export_consents))
        .routes(routes!(topics::put_topic, topics::list_topics))
        .routes(routes!(preference_links::make_link))
        .routes(routes!(consent_forms::create_form, consent_forms::list_forms))
        .routes(routes!(consent_forms::get_form, consent_forms::change_form, consent_forms::close_form))
        .routes(routes!(consent_forms::form_qr))
        .routes(routes!(consent_forms::begin_opt_in))
        .routes(routes!(contacts::get_contact, contacts::patch_contact, contacts::erase_contact))
        .routes(routes!(contacts::find_contact, contacts::put_contact))
        .routes(routes!(contact_table::export_contacts))
        .routes(routes!(contacts::export_contact))
        .routes(routes!(contacts::merge_contacts))
        .routes(routes!(contacts::split_contact))
        .routes(routes!(contacts::contact_history))
        .routes(routes!(contacts::declare_attribute, contacts::list_attributes))
        .routes(routes!(imports::list_imports))
        .routes(routes!(imports::get_import))
        .routes(routes!(imports::get_refused))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(imports::import_consents))
                .routes(routes!(imports::import_contacts))
                .layer(DefaultBodyLimit::disable()),
        )
        .routes(routes!(opt_out_reviews::list_reviews))
        .routes(routes!(opt_out_reviews::confirm_review))
        .routes(routes!(opt_out_reviews::dismiss_review))
        .routes(routes!(topics::get_settings, topics::set_settings))
}

fn sending() -> OpenApiRouter<AppState> {
    let batch = OpenApiRouter::new()
        .routes(routes!(send::send_batch))
        .layer(DefaultBodyLimit::max(limits::BATCH_BODY_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(send::send_message, messages::list_messages))
        .routes(routes!(messages::cancel_message))
        .routes(routes!(messages::redrive_message))
        .merge(batch)
}

fn reading() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(messages::get_message))
        .routes(routes!(messages::message_events))
        .routes(routes!(messages::explain_message))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(inbound::list_inbound))
        .routes(routes!(inbound::get_inbound))
        .routes(routes!(inbound::mark_inbound_read))
        .routes(routes!(events::list_events))
        .routes(routes!(overview::get_overview))
}

fn files() -> OpenApiRouter<AppState> {
    let upload = OpenApiRouter::new()
        .routes(routes!(media::upload_media))
        .layer(DefaultBodyLimit::max(limits::MEDIA_BYTES_MAX + limits::MULTIPART_SLACK_BYTES));
    OpenApiRouter::new()
        .routes(routes!(media::get_media))
        .routes(routes!(media::download_media))
        .routes(routes!(media::download_inbound_media))
        .merge(upload)
}

fn template_catalogue() -> OpenApiRouter<AppState> {
    let samples = OpenApiRouter::new()
        .routes(routes!(catalogue::upload_sample))
        .layer(DefaultBodyLimit::max(limits::TEMPLATE_SAMPLE_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(catalogue::lint_template))
        .routes(routes!(catalogue::create_logical, catalogue::list_logical))
        .routes(routes!(adoption::adopt_templates))
        .routes(routes!(adoption::preview_draft))
        .routes(routes!(catalogue::get_logical, catalogue::update_logical))
        .routes(routes!(catalogue::archive_logical))
        .routes(routes!(catalogue::get_rules, catalogue::set_rules))
        .routes(routes!(catalogue::stats))
        .routes(routes!(versions::draft_version))
        .routes(routes!(versions::get_version))
        .routes(routes!(versions::step_version))
        .routes(routes!(versions::roll_back))
        .routes(routes!(versions::diff_versions))
        .routes(routes!(versions::preview_version))
        .merge(samples)
}

fn codes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(verifications::start_verification))
        .routes(routes!(verifications::check_verification))
        .routes(routes!(verifications::overview))
        .routes(routes!(verifications::get_settings, verifications::set_settings))
        .routes(routes!(verifications::add_listed, verifications::get_listed))
        .routes(routes!(verifications::remove_listed))
        .routes(routes!(verifications::get_verification))
        .routes(routes!(verifications::resend_verification))
        .routes(routes!(verifications::cancel_verification))
}
