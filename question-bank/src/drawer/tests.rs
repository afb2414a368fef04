use super::*;
use crate::testing;

#[test]
fn smoke() {
    let (blueprint, bank) = (testing::blueprint(), testing::bank());
    let snapshot = Snapshot::of(bank.iter());
    let earlier = EarlierPapers::default();
    let drawer = Drawer::new(&blueprint, &snapshot, &earlier).expect("enough");
    let secret = Secret::join(b"a", b"b");
    let one = drawer.select(&secret, "1").unwrap();
    assert_eq!(one.indices().len(), 20);
}
