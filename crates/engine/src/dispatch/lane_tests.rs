use tidings_domain::id::Id;

use super::*;

fn lane() -> Lane {
    let (tenant, account) = (TenantId::from_bytes([1; 16]), AccountId::from_bytes([2; 16]));
    Lane::new(tenant, account, SenderId::from_bytes([3; 16]), 0, 80.0, &EngineConfig::default(), 0)
}

/// The n-th message, to this person; later ones are due later.
fn item(n: u8, to: u8) -> DueItem {
    DueItem {
        sender: SenderId::from_bytes([3; 16]),
        category: Category::Utility,
        due_at: Timestamp::from_secs(i64::from(n)),
        message: MessageId::from_bytes([n; 16]).rooted(),
        tenant: TenantId::from_bytes([1; 16]),
        account: AccountId::from_bytes([2; 16]),
        attempt: 1,
        expires_at: Timestamp::from_secs(1_000),
        recipient: Hash16([to; 16]),
        place: Default::default(),
        ordered: false,
        free_form: false,
        template: None,
        language: None,
        trace: tidings_domain::trace::TraceId::from_bytes([9; 16]).expect("not zero"),
    }
}

fn order(lane: &mut Lane) -> Vec<MessageId> {
    lane.queue(Category::Utility).items.iter().map(|each| each.message).collect()
}

#[test]
fn what_is_put_back_stands_where_it_stood_and_holds_up_the_next_while_it_rests() {
    let mut lane = lane();
    let (first, second, other) = (item(1, 7), item(2, 7), item(3, 8));
    lane.mark_busy(&first);
    lane.load(Category::Utility, vec![second.clone(), other.clone()], false);
    assert_eq!(lane.busy_us(&second, 10), Some(i64::MAX), "the first is under way");
    lane.put_back(first.clone(), 100);
    assert_eq!(order(&mut lane), [first.message, second.message, other.message]);
    assert_eq!(lane.busy_us(&first, 10), Some(90), "it rests");
    assert_eq!(lane.busy_us(&second, 10), Some(90), "and so does who comes after it");
    assert_eq!(lane.busy_us(&other, 10), None);
    assert_eq!(lane.busy_us(&first, 100), None);
    // Loaded again meanwhile, it stands there once.
    lane.put_back(first, 100);
    assert_eq!(order(&mut lane).len(), 3);
}

#[test]
fn what_is_put_back_does_not_take_the_place_of_another_that_is_under_way() {
    let mut lane = lane();
    let (late, busy) = (item(1, 7), item(2, 7));
    lane.mark_busy(&busy);
    lane.put_back(late.clone(), 100);
    assert_eq!(lane.busy_us(&late, 200), Some(i64::MAX));
    lane.release(&busy, 0, 200);
    assert_eq!(lane.busy_us(&late, 200), None);
}

#[test]
fn a_lane_that_opens_again_waits_for_what_is_still_under_way() {
    let mut lane = lane();
    let (first, second) = (item(1, 7), item(2, 7));
    lane.wait_for(first.message, first.recipient, first.category);
    assert_eq!(lane.busy_us(&second, 10), Some(i64::MAX));
    lane.release(&first, 0, 10);
    assert_eq!(lane.busy_us(&second, 10), None);
}
