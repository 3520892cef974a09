//! What people send, and what follows for the facts about them.

use tidings_domain::address::{Address, Bsuid, Phone};
use tidings_domain::category::{Category, Channel};
use tidings_domain::fact::Identities;
use tidings_domain::time::{MINUTE, Timestamp};
use tidings_store::model::*;

use crate::bed::Bed;
use crate::conformance;
use crate::scene::{PHONE, Scene};

conformance!(
    an_inbound_message_is_stored_once,
    a_phone_and_a_bsuid_become_one_person,
    consents_end_the_same_in_any_order,
    templates_are_patched_by_the_newest,
    what_nobody_knows_is_kept,
);

const BSUID: &str = "US.13491208655302741918";

pub(super) fn inbound(bed: &Bed, scene: &Scene, id: &str, from: Identities) -> NewInbound {
    NewInbound {
        id: bed.ids.next(bed.now()),
        sender: scene.sender,
        provider_id: id.to_owned(),
        from,
        kind: "text".to_owned(),
        text: Some("hello".to_owned()),
        context: None,
        object: "{\"type\":\"text\"}".to_owned(),
        at: bed.now(),
        received_at: bed.now(),
        possible_opt_out: None,
    }
}

pub(super) fn phone() -> Identities {
    Identities { phone: Some(Phone::parse(PHONE).expect("a number")), ..Identities::default() }
}

fn bsuid() -> Identities {
    Identities { bsuid: Some(Bsuid::parse(BSUID).expect("an id")), ..Identities::default() }
}

async fn merge(bed: &Bed, scene: &Scene, write: CallbackWrite) {
    let write = CallbackWrite { received_at: bed.now(), ..write };
    bed.store.merge(&scene.scope, scene.account, write).await.expect("a callback is merged");
}

async fn receive(bed: &Bed, scene: &Scene, id: &str, from: Identities) {
    let inbound = vec![inbound(bed, scene, id, from)];
    merge(bed, scene, CallbackWrite { inbound, ..CallbackWrite::default() }).await;
}

async fn an_inbound_message_is_stored_once(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let first = bed.now();
    receive(&bed, &scene, "wamid.in1", phone()).await;
    bed.advance(MINUTE);
    receive(&bed, &scene, "wamid.in1", phone()).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM inbound").await, 1);
    assert_eq!(bed.count("SELECT COUNT(*) FROM events WHERE kind = 30").await, 1);
    assert_eq!(bed.rows("SELECT last_inbound_at FROM windows").await, [first.micros().to_string()]);
    receive(&bed, &scene, "wamid.in2", phone()).await;
    assert_eq!(bed.rows("SELECT last_inbound_at FROM windows").await, [bed.now().micros().to_string()]);
    assert_eq!(bed.count("SELECT COUNT(*) FROM contacts").await, 1);
    bed
}

fn consent(bed: &Bed, address: &str, granted: bool, at: Timestamp) -> NewConsent {
    let kind = if address.starts_with('+') { "phone" } else { "bsuid" };
    NewConsent {
        id: bed.ids.next(bed.now()),
        address: Address::parse(kind, address).expect("an address"),
        channel: Channel::Whatsapp.into(),
        purpose: Category::Marketing.into(),
        granted,
        source: tidings_domain::consent::Source::Keyword,
        about: About { evidence: Some("{\"word\":\"STOP\"}".to_owned()), ..About::default() },
        counting: Counting::AsStated,
        at,
        actor: tidings_domain::actor::Actor::Provider,
    }
}

async fn consents(bed: &Bed, scene: &Scene, consents: Vec<NewConsent>) {
    merge(bed, scene, CallbackWrite { consents, ..CallbackWrite::default() }).await;
}

async fn a_phone_and_a_bsuid_become_one_person(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    receive(&bed, &scene, "wamid.in1", phone()).await;
    receive(&bed, &scene, "wamid.in2", bsuid()).await;
    consents(&bed, &scene, vec![consent(&bed, PHONE, false, bed.now())]).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM contacts").await, 2, "strangers as yet");
    assert_eq!(bed.count("SELECT COUNT(*) FROM recipients").await, 1);
    let both = Identities { bsuid: bsuid().bsuid, ..phone() };
    receive(&bed, &scene, "wamid.in3", both).await;
    assert_eq!(bed.count("SELECT COUNT(*) FROM contacts").await, 1);
    assert_eq!(bed.count("SELECT COUNT(DISTINCT contact_id) FROM identities").await, 1);
    assert_eq!(bed.count("SELECT COUNT(DISTINCT contact_id) FROM inbound").await, 1);
    let revoked = bed.now().micros().to_string();
    assert_eq!(bed.rows("SELECT revoked_3 FROM recipients").await, [revoked.clone(), revoked]);
    // A change by one name holds for the other.
    bed.advance(MINUTE);
    consents(&bed, &scene, vec![consent(&bed, BSUID, true, bed.now())]).await;
    assert_eq!(bed.rows("SELECT revoked_3 FROM recipients").await, ["-", "-"]);
    bed
}

async fn consents_end_the_same_in_any_order(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let now = bed.now();
    let history = [(false, now), (true, now.plus(1)), (false, now.plus(2)), (true, now.plus(2))];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        for n in order {
            let (granted, at) = history[n];
            // Each comes twice, as callbacks do.
            let twice = vec![consent(&bed, PHONE, granted, at), consent(&bed, PHONE, granted, at)];
            consents(&bed, &scene, twice).await;
        }
        let want = now.plus(2).micros().to_string();
        assert_eq!(bed.rows("SELECT revoked_3 FROM recipients").await, [want], "{order:?}");
        assert_eq!(bed.count("SELECT COUNT(*) FROM consents").await, 4);
        bed.rows("DELETE FROM consents").await;
        bed.rows("DELETE FROM recipients").await;
    }
    bed
}

async fn templates_are_patched_by_the_newest(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let (tenant, account) =
        (hex::encode(scene.scope.tenant().as_bytes()), hex::encode(scene.account.as_bytes()));
    let literal = |hex: &str| match bed.kind {
        crate::bed::Kind::Postgres => format!("'\\x{hex}'::bytea"),
        _ => format!("x'{hex}'"),
    };
    bed.rows(&format!(
        "INSERT INTO templates (tenant_id, id, account_id, name, language, status, definition, updated_at)
         VALUES ({0}, {1}, {1}, 'hi', 'en', 'APPROVED', '{{}}', 0)",
        literal(&tenant),
        literal(&account)
    ))
    .await;
    let patch = |status: &str, at| TemplatePatch {
        name: "hi".to_owned(),
        language: "en".to_owned(),
        status: Some(status.to_owned()),
        reason: None,
        category: Some("MARKETING".to_owned()),
        quality: None,
        at,
    };
    let templates = vec![patch("PAUSED", bed.now()), patch("APPROVED", bed.now().plus(-1))];
    merge(&bed, &scene, CallbackWrite { templates, ..CallbackWrite::default() }).await;
    assert_eq!(bed.rows("SELECT status, category, quality FROM templates").await, ["PAUSED|3|-"]);
    assert_eq!(bed.count("SELECT MAX(catalog_version) FROM tenants").await, 1);
    bed
}

async fn what_nobody_knows_is_kept(bed: Bed) -> Bed {
    let scene = Scene::new(&bed).await;
    let kept = NewKept {
        id: bed.ids.next(bed.now()),
        account: Some(scene.account),
        field: "brand_new_field".to_owned(),
        object: "{\"secret\":1}".to_owned(),
        received_at: bed.now(),
    };
    merge(&bed, &scene, CallbackWrite { kept: vec![kept], ..CallbackWrite::default() }).await;
    assert_eq!(bed.rows("SELECT field FROM kept").await, ["brand_new_field"]);
    assert!(!bed.rows("SELECT data FROM sealed").await[0].contains(&hex::encode("secret")));
    bed
}
