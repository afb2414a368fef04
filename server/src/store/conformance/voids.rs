//! Questions that count for nobody.

use super::fixture::{SESSION, asked, commit, forbidden_by, read, with_session, write};
use crate::store::{Store, question, tamper::execute_raw, void, void::VoidRow};

fn row(question: &str, confirmed_by: &str) -> VoidRow {
    VoidRow {
        question_id: question.to_owned(),
        revision: 1,
        reason: "两个选项都对".to_owned(),
        voided_by: "office".to_owned(),
        confirmed_by: confirmed_by.to_owned(),
        clock_ms: 5,
        at_ms: 6,
    }
}

async fn with_questions(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    for id in ["q-1", "q-2"] {
        question::insert(&mut tx, &asked(id, 1, "题干", "AB"), true, 1).await.expect("a question is kept");
    }
    commit(tx).await;
}

pub async fn a_question_is_voided_once_and_by_two(store: &Store) {
    with_questions(store).await;
    forbidden_by(void::insert(&mut write(store).await, SESSION, &row("q-1", "office")).await, "voided_question_two_ck");
    let mut tx = write(store).await;
    void::insert(&mut tx, SESSION, &row("q-1", "author")).await.expect("a question is voided");
    commit(tx).await;
    let again = void::insert(&mut write(store).await, SESSION, &row("q-1", "other")).await;
    forbidden_by(again, "voided_question_pk");
    let stored = void::of_session(&mut read(store).await, SESSION).await.expect("they are read");
    assert_eq!(stored, [row("q-1", "author")]);
    assert!(void::insert(&mut write(store).await, SESSION, &row("no-such", "author")).await.is_err());
    assert!(void::insert(&mut write(store).await, "no-session", &row("q-2", "author")).await.is_err());
}

pub async fn what_is_voided_stays_so(store: &Store) {
    with_questions(store).await;
    let mut tx = write(store).await;
    void::insert(&mut tx, SESSION, &row("q-1", "author")).await.expect("a question is voided");
    commit(tx).await;
    for sql in ["UPDATE voided_question SET reason = ''", "DELETE FROM voided_question"] {
        let error = execute_raw(store, sql).await.expect_err(sql).to_string();
        assert!(error.contains("voided_question is append-only"), "{sql}: {error}");
    }
}
