use tidings_domain::id::{IdSource, TenantId};
use tidings_domain::time::Timestamp;

use super::*;

fn ids() -> IdSource {
    IdSource::seeded([5; 32])
}

fn tenant(ids: &IdSource) -> TenantId {
    ids.next(Timestamp::from_secs(1))
}

fn masters() -> MasterKeys {
    MasterKeys::single([1; 32])
}

#[test]
fn a_record_opens_only_where_it_belongs() {
    let ids = ids();
    let (one, two) = (tenant(&ids), tenant(&ids));
    let open = |tenant| {
        let rows = TenantKeys::mint_all(&masters(), &ids, tenant);
        TenantKeys::open(&masters(), tenant, &rows).expect("fresh keys open")
    };
    let (keys, others) = (open(one), open(two));
    let sealed = keys.seal([3; 16], "table", b"row", b"hello");
    assert_eq!(keys.open_record("table", b"row", &sealed).expect("it opens"), b"hello");
    assert!(keys.open_record("table", b"another row", &sealed).is_err(), "a swapped row");
    assert!(keys.open_record("another", b"row", &sealed).is_err(), "a swapped table");
    assert!(keys.open_record("tablerow", b"", &sealed).is_err(), "a shifted border");
    assert!(others.open_record("table", b"row", &sealed).is_err(), "another tenant");
    for n in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[n] ^= 1;
        assert!(keys.open_record("table", b"row", &bent).is_err(), "byte {n}");
        assert!(keys.open_record("table", b"row", &sealed[..n]).is_err(), "cut at {n}");
    }
}

#[test]
fn the_same_text_never_looks_the_same() {
    let ids = ids();
    let tenant = tenant(&ids);
    let rows = TenantKeys::mint_all(&masters(), &ids, tenant);
    let keys = TenantKeys::open(&masters(), tenant, &rows).expect("fresh keys open");
    assert_ne!(keys.seal([1; 16], "t", b"r", b"x")[21..], keys.seal([2; 16], "t", b"r", b"x")[21..]);
}

#[test]
fn a_new_data_key_seals_and_the_old_still_opens() {
    let ids = ids();
    let tenant = tenant(&ids);
    let mut rows = TenantKeys::mint_all(&masters(), &ids, tenant).to_vec();
    let before = TenantKeys::open(&masters(), tenant, &rows).expect("keys open");
    let old = before.seal([1; 16], "t", b"r", b"old");
    for row in &mut rows {
        row.active = row.purpose == Purpose::Hash;
    }
    rows.push(TenantKeys::mint(&masters(), &ids, tenant, Purpose::Data, 2));
    let after = TenantKeys::open(&masters(), tenant, &rows).expect("keys open");
    assert_eq!(after.open_record("t", b"r", &old).expect("it opens"), b"old");
    let new = after.seal([1; 16], "t", b"r", b"new");
    assert_eq!(version_of(&new).expect("whole"), 2);
    assert!(before.open_record("t", b"r", &new).is_err(), "the old keys do not know the new version");
    assert_eq!(before.hash(0, "phone"), after.hash(0, "phone"), "hashes outlive the data keys");
}

#[test]
fn a_new_master_key_wraps_the_same_keys() {
    let ids = ids();
    let tenant = tenant(&ids);
    let rows = TenantKeys::mint_all(&masters(), &ids, tenant);
    let keys = TenantKeys::open(&masters(), tenant, &rows).expect("keys open");
    let sealed = keys.seal([1; 16], "t", b"r", b"x");
    let both =
        MasterKeys::new(vec![MasterKey::new(2, [2; 32]), MasterKey::new(1, [1; 32])]).expect("two versions");
    let again: Vec<Wrapped> = rows
        .iter()
        .map(|row| TenantKeys::rewrap(&both, &ids, tenant, row).expect("it unwraps").expect("it was old"))
        .collect();
    assert!(
        TenantKeys::rewrap(&both, &ids, tenant, &again[0]).expect("it is read").is_none(),
        "current already"
    );
    let newest = MasterKeys::new(vec![MasterKey::new(2, [2; 32])]).expect("one version");
    let keys = TenantKeys::open(&newest, tenant, &again).expect("the old master key is not needed any more");
    assert_eq!(keys.open_record("t", b"r", &sealed).expect("it opens"), b"x");
    assert!(TenantKeys::open(&newest, tenant, &rows).is_err(), "the old wrapping needs the old key");
}

#[test]
fn master_keys_have_distinct_versions() {
    assert!(MasterKeys::new(Vec::new()).is_none());
    assert!(MasterKeys::new(vec![MasterKey::new(1, [1; 32]), MasterKey::new(1, [2; 32])]).is_none());
    assert!(!format!("{:?}", masters()).contains('1'.to_string().repeat(4).as_str()));
}

#[test]
fn hashes_are_kept_apart() {
    let ids = ids();
    let (one, two) = (tenant(&ids), tenant(&ids));
    let open = |tenant| {
        let rows = TenantKeys::mint_all(&masters(), &ids, tenant);
        TenantKeys::open(&masters(), tenant, &rows).expect("fresh keys open")
    };
    let (a, b) = (open(one), open(two));
    assert_eq!(a.hash(0, "x"), a.hash(0, "x"));
    assert_ne!(a.hash(0, "x"), a.hash(1, "x"));
    assert_ne!(a.hash(0, "x"), b.hash(0, "x"), "no tenant can look up another's addresses");
}
