//! Sessions in preparation, contributions to the secret, evidence and reserves.

use std::collections::BTreeMap;

use question_bank::{
    digest::Digest,
    earlier::EarlierPapers,
    evidence::Late,
    paper::Snapshot,
    roster::{Place, Roster, Seated},
};

use super::fixture::{SESSION, commit, forbidden_by, paper, read, refused, with_session, write};
use crate::store::{
    Store, account,
    account::AccountRow,
    draft,
    draft::{ContributionRow, DraftRow},
    evidence,
    evidence::{LateSeat, StoredInputs, Used},
};

const DRAFT: &str = "draft-1";

async fn with_draft(store: &Store) {
    let mut tx = write(store).await;
    for login in ["one", "two", "three"] {
        let row = AccountRow {
            id: login.to_owned(),
            login: login.to_owned(),
            name: format!("考务 {login}"),
            role: "office".to_owned(),
            password_hash: "hash".to_owned(),
        };
        account::insert(&mut tx, &row, 1).await.expect("an account is kept");
    }
    draft::insert(&mut tx, &draft_row()).await.expect("a draft is kept");
    commit(tx).await;
}

fn draft_row() -> DraftRow {
    DraftRow {
        id: DRAFT.to_owned(),
        plan: "title = \"场次\"".to_owned(),
        roster_sealed: "sealed".to_owned(),
        candidates: 3,
        created_by: "one".to_owned(),
        created_by_name: "考务 one".to_owned(),
        created_at_ms: 7,
        state: "open".to_owned(),
    }
}

fn contribution(number: i64, account: Option<&str>) -> ContributionRow {
    ContributionRow {
        number,
        account_id: account.map(str::to_owned),
        account_name: account.map(|login| format!("考务 {login}")),
        by_system: account.is_none(),
        digest: format!("digest-{number}"),
        sealed: "sealed".to_owned(),
        at_ms: 8,
    }
}

async fn given(store: &Store, row: &ContributionRow) {
    let mut tx = write(store).await;
    draft::contribute(&mut tx, DRAFT, row).await.expect("a contribution is kept");
    commit(tx).await;
}

pub async fn an_account_contributes_once(store: &Store) {
    with_draft(store).await;
    given(store, &contribution(1, Some("one"))).await;
    let twice = draft::contribute(&mut write(store).await, DRAFT, &contribution(2, Some("one"))).await;
    forbidden_by(twice, "draft_contribution_account_uq");
    let same = draft::contribute(&mut write(store).await, DRAFT, &contribution(1, Some("two"))).await;
    forbidden_by(same, "draft_contribution_pk");
    given(store, &contribution(2, Some("two"))).await;
    let stands = draft::contributions(&mut read(store).await, DRAFT).await.expect("they are read");
    assert_eq!(stands, [contribution(1, Some("one")), contribution(2, Some("two"))]);
}

pub async fn a_secret_has_two_contributions(store: &Store) {
    with_draft(store).await;
    for number in [0, 3] {
        let third = draft::contribute(&mut write(store).await, DRAFT, &contribution(number, Some("three"))).await;
        forbidden_by(third, "draft_contribution_number_ck");
    }
}

pub async fn a_contribution_is_somebodys_or_the_systems(store: &Store) {
    with_draft(store).await;
    let nobodys = ContributionRow { by_system: false, ..contribution(1, None) };
    let refused = draft::contribute(&mut write(store).await, DRAFT, &nobodys).await;
    forbidden_by(refused, "draft_contribution_giver_ck");
    given(store, &contribution(1, None)).await;
    given(store, &contribution(2, None)).await;
}

pub async fn a_draft_is_drawn_once(store: &Store) {
    with_draft(store).await;
    assert_eq!(draft::open(&mut read(store).await).await.expect("they are read"), [draft_row()]);
    let mut tx = write(store).await;
    draft::set_drawn(&mut tx, DRAFT).await.expect("it was open");
    refused(draft::set_drawn(&mut tx, DRAFT).await);
    commit(tx).await;
    assert!(draft::open(&mut read(store).await).await.expect("they are read").is_empty());
    let stands = draft::by_id(&mut read(store).await, DRAFT).await.expect("it is read");
    assert_eq!(stands.map(|row| row.state).as_deref(), Some("drawn"));
}

pub async fn a_drawn_draft_is_never_deleted(store: &Store) {
    with_draft(store).await;
    let mut tx = write(store).await;
    draft::set_drawn(&mut tx, DRAFT).await.expect("it was open");
    commit(tx).await;
    refused(draft::delete(&mut write(store).await, DRAFT).await);
}

pub async fn a_draft_goes_with_its_contributions(store: &Store) {
    with_draft(store).await;
    given(store, &contribution(1, Some("one"))).await;
    let mut tx = write(store).await;
    draft::delete(&mut tx, DRAFT).await.expect("it was open");
    commit(tx).await;
    assert_eq!(draft::by_id(&mut read(store).await, DRAFT).await.expect("it can be asked for"), None);
    assert!(draft::contributions(&mut read(store).await, DRAFT).await.expect("it can be asked for").is_empty());
}

fn place() -> Place {
    Place::of_seat(1, 2, 3)
}

fn stored() -> StoredInputs {
    let seated =
        Seated { sitting: "a".to_owned(), candidate: Digest::from_bytes([7; 32]), place: Place::of_seat(1, 1, 3) };
    StoredInputs {
        snapshot: Snapshot { entries: Vec::new() },
        roster: Roster { seated: vec![seated], reserves: vec!["r1".to_owned(), "r2".to_owned()] },
        earlier: EarlierPapers { seen: BTreeMap::from([("a".to_owned(), vec!["q".to_owned()])]), ..Default::default() },
        clashes: BTreeMap::from([("a".to_owned(), vec![3])]),
        contributions_sealed: "sealed".to_owned(),
    }
}

pub async fn what_a_session_was_drawn_from_comes_back(store: &Store) {
    with_session(store).await;
    assert_eq!(evidence::inputs(&mut read(store).await, SESSION).await.expect("it can be asked for"), None);
    let mut tx = write(store).await;
    evidence::insert(&mut tx, SESSION, &stored()).await.expect("it is kept");
    commit(tx).await;
    assert_eq!(evidence::inputs(&mut read(store).await, SESSION).await.expect("it is read"), Some(stored()));
    let roster = evidence::roster(&mut read(store).await, SESSION).await.expect("it is read");
    assert_eq!(roster, Some((stored().roster, stored().earlier.digest().to_string())));
}

pub async fn a_session_is_drawn_from_one_state_of_things(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    evidence::insert(&mut tx, SESSION, &stored()).await.expect("it is kept");
    forbidden_by(evidence::insert(&mut tx, SESSION, &stored()).await, "session_evidence_pk");
}

pub async fn a_reserve_is_used_once(store: &Store) {
    with_session(store).await;
    let (paper, conformance) = paper("q");
    let mut tx = write(store).await;
    for (number, sitting) in [(1, "r1"), (2, "r2")] {
        evidence::insert_reserve(&mut tx, SESSION, sitting, number, &paper, &conformance).await.expect("it is kept");
    }
    commit(tx).await;
    let late = Late { sitting: "r1".to_owned(), candidate: Digest::from_bytes([1; 32]), place: place() };
    let used = Used { late: LateSeat { late, clashes: vec![1] }, by: "one".to_owned(), at_ms: 9 };
    let mut tx = write(store).await;
    evidence::take(&mut tx, SESSION, &used).await.expect("it was free");
    refused(evidence::take(&mut tx, SESSION, &used).await);
    commit(tx).await;
    let stands = evidence::reserves(&mut read(store).await, SESSION).await.expect("they are read");
    assert_eq!(stands.iter().map(|reserve| &reserve.used).collect::<Vec<_>>(), [&Some(used), &None]);
    assert!(stands.iter().all(|reserve| reserve.paper == paper));
    let again = evidence::insert_reserve(&mut write(store).await, SESSION, "r3", 1, &paper, &conformance).await;
    forbidden_by(again, "reserve_number_uq");
}
