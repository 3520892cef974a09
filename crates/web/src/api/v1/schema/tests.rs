use tidings_domain::{actor, category, credentials, decision, lifecycle};
use tidings_engine::store_model;

use super::names;

fn texts<T: serde::Serialize>(all: &[T]) -> Vec<String> {
    all.iter().map(|each| serde_json::to_value(each).unwrap().as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_described_names_are_those_of_the_domain() {
    assert_eq!(texts(&lifecycle::Status::ALL), names::Status::TEXTS);
    assert_eq!(texts(&category::Category::ALL), names::Category::TEXTS);
    assert_eq!(texts(&category::Channel::ALL), names::Channel::TEXTS);
    assert_eq!(texts(&credentials::ProviderKind::ALL), names::Provider::TEXTS);
    assert_eq!(texts(&actor::Role::ALL), names::Role::TEXTS);
    assert_eq!(texts(&actor::Permission::ALL), names::Permission::TEXTS);
    use store_model::PauseScope as P;
    assert_eq!(
        texts(&[P::Tenant, P::Account, P::Sender, P::Template, P::Category]),
        names::PauseScope::TEXTS
    );
    assert_eq!(names::AttentionKind::TEXTS.len(), 5);
}

#[test]
fn verdicts_are_those_of_policy() {
    use decision::Verdict as V;
    let until = tidings_domain::time::Timestamp::from_secs(1);
    let all = [V::Allow, V::Deny, V::Defer { until }].map(|each| serde_json::to_value(each).unwrap());
    let found: Vec<_> = all.iter().map(|each| each["verdict"].as_str().unwrap()).collect();
    assert_eq!(found, names::Verdict::TEXTS);
}
