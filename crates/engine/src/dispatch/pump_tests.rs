use tidings_domain::id::{AccountId, Id, MessageId, SenderId, TenantId};
use tidings_store::model::{Catalog, Hash16};

use super::*;
use crate::config::EngineConfig;

fn lane(rate: f64) -> Lane {
    let (account, sender) = (AccountId::from_bytes([2; 16]), SenderId::from_bytes([3; 16]));
    Lane::new(TenantId::from_bytes([1; 16]), account, sender, 0, rate, &EngineConfig::default(), 0)
}

fn item(n: u8, category: Category) -> DueItem {
    DueItem {
        sender: SenderId::from_bytes([3; 16]),
        category,
        due_at: Timestamp::from_secs(1),
        message: MessageId::from_bytes([n; 16]).rooted(),
        tenant: TenantId::from_bytes([1; 16]),
        account: AccountId::from_bytes([2; 16]),
        attempt: 1,
        expires_at: Timestamp::from_secs(1_000),
        recipient: Hash16([n; 16]),
        place: Default::default(),
        ordered: false,
        free_form: false,
        template: None,
        language: None,
        trace: tidings_domain::trace::TraceId::from_bytes([9; 16]).expect("not zero"),
    }
}

fn snapshot() -> Snapshot {
    let catalog = Catalog::default();
    Snapshot::new(TenantId::from_bytes([1; 16]), catalog, crate::policy::PolicyDefaults::default())
}

fn chosen(lane: &mut Lane, class: Class, mono_us: i64) -> usize {
    let mut category_country = BTreeMap::new();
    let mut gates = Gates { tenant: None, account: None, category_country: &mut category_country };
    let now = Moment { wall: Timestamp::from_secs(10), mono_us };
    choose(lane, class, &mut gates, &snapshot(), 100, &now).items.len()
}

#[test]
fn bulk_leaves_a_token_for_a_code() {
    // 80 a second lend four tokens at once.
    let mut lane = lane(80.0);
    lane.load(Category::Marketing, (0..50).map(|n| item(n, Category::Marketing)).collect(), false);
    lane.load(Category::Authentication, vec![item(100, Category::Authentication)], false);
    assert_eq!(chosen(&mut lane, Class::Bulk, 1_000_000), 3);
    assert_eq!(chosen(&mut lane, Class::Bulk, 1_000_001), 0, "nothing is left for bulk");
    assert_eq!(chosen(&mut lane, Class::Authentication, 1_000_001), 1, "the code waits for nobody");
    // What is left costs no speed: a second later a second's worth has gone.
    let sent: usize = (1..=100).map(|n| chosen(&mut lane, Class::Bulk, 1_000_001 + n * 10_000)).sum();
    assert_eq!(sent, 47, "all that were left");
}

#[test]
fn who_may_send_one_at_a_time_has_none_to_spare() {
    let mut lane = lane(5.0);
    lane.load(Category::Marketing, vec![item(1, Category::Marketing)], false);
    assert_eq!(chosen(&mut lane, Class::Bulk, 1_000_000), 1);
}
