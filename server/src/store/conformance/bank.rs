//! Standards, questions and their keys.

use question_bank::question::Question;

use super::fixture::{asked, commit, read, standard, write};
use crate::store::{Store, StoreError, question};

async fn with_questions(store: &Store, questions: &[(Question, bool)]) {
    let mut tx = write(store).await;
    question::put_standard(&mut tx, &standard(), 1).await.expect("a standard is kept");
    for (its, public) in questions {
        question::insert(&mut tx, its, *public, 1).await.expect("a question is kept");
    }
    commit(tx).await;
}

async fn approved(store: &Store, with_public: bool) -> Vec<(String, u32)> {
    let bank = question::approved(&mut read(store).await, &standard().id, with_public).await.expect("the bank is read");
    bank.into_iter().map(|revision| (revision.question, revision.revision)).collect()
}

pub async fn a_revision_is_never_overwritten(store: &Store) {
    let first = asked("q", 1, "问一", "AC");
    with_questions(store, &[(first.clone(), true)]).await;
    let again = question::insert(&mut write(store).await, &asked("q", 1, "问二", "BD"), true, 2).await;
    assert!(matches!(&again, Err(StoreError::Conflict(name)) if name == "question_revision_pk"), "{again:?}");
    let stored = question::for_author(&mut read(store).await, "q").await.expect("a read");
    assert_eq!(stored, Some(first));
}

pub async fn a_newer_revision_retires_the_older_and_keeps_it(store: &Store) {
    let (first, second) = (asked("q", 1, "问一", "AC"), asked("q", 2, "问一，改", "AD"));
    with_questions(store, &[(first.clone(), true), (second.clone(), true)]).await;
    assert_eq!(approved(store, true).await, [("q".to_owned(), 2)]);
    assert_eq!(question::for_author(&mut read(store).await, "q").await.expect("a read"), Some(second.clone()));
    // Papers drawn before still have their text and their key.
    let mut tx = read(store).await;
    let mut all = question::of_standard(&mut tx, &standard().id).await.expect("a read");
    all.sort_by_key(|revision| revision.revision);
    assert_eq!(all, [first.revision.clone(), second.revision]);
    assert_eq!(question::revision(&mut tx, "q", 1).await.expect("a read"), Some(first.revision));
    assert_eq!(question::revision(&mut tx, "q", 3).await.expect("a read"), None);
    let keys = question::keys(&mut tx, &standard().id).await.expect("keys are read");
    let key = keys.iter().find(|row| row.revision == 1).expect("the old key is there");
    assert!(key.key == first.key);
}

pub async fn public_questions_are_left_out_where_it_counts(store: &Store) {
    with_questions(store, &[(asked("open", 1, "问一", "AC"), true), (asked("own", 1, "问二", "AC"), false)]).await;
    assert_eq!(approved(store, false).await, [("own".to_owned(), 1)]);
    assert_eq!(approved(store, true).await, [("open".to_owned(), 1), ("own".to_owned(), 1)]);
}

pub async fn another_key_is_another_question(store: &Store) {
    let kept = asked("q", 1, "问一", "AC");
    with_questions(store, &[(kept.clone(), true)]).await;
    let same = async |its: &Question| question::is_same(&mut read(store).await, its).await.expect("a comparison");
    assert_eq!(same(&kept).await, Some(true));
    assert_eq!(same(&asked("q", 1, "问二", "AC")).await, Some(false));
    assert_eq!(same(&asked("q", 1, "问一", "AD")).await, Some(false), "the words are the same and the key is not");
    assert_eq!(same(&asked("q", 2, "问一", "AC")).await, None);
}

pub async fn a_key_comes_back_as_it_was(store: &Store) {
    let questions = ["AB", "AC", "ABCD", "BD"].map(|key| (asked(&format!("q-{key}"), 1, key, key), true));
    with_questions(store, &questions).await;
    for row in question::keys(&mut read(store).await, &standard().id).await.expect("keys are read") {
        let (kept, _) = questions.iter().find(|(its, _)| its.revision.question == row.question).expect("it was kept");
        assert!(kept.key == row.key, "{}", row.question);
    }
}

pub async fn a_standard_is_replaced_whole(store: &Store) {
    with_questions(store, &[(asked("q", 1, "问一", "AC"), true)]).await;
    let mut changed = standard();
    changed.name.zh = "改名".to_owned();
    let mut tx = write(store).await;
    question::put_standard(&mut tx, &changed, 2).await.expect("a standard is replaced");
    commit(tx).await;
    assert_eq!(question::standards(&mut read(store).await).await.expect("standards are read"), [changed]);
    assert_eq!(approved(store, true).await.len(), 1);
}
