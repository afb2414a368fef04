//! Sessions, their clocks, and the staff's accounts.

use super::fixture::{SESSION, commit, forbidden_by, read, session_row, standard, with_session, write};
use crate::store::{
    Store, StoreError, account,
    account::AccountRow,
    question, server, session,
    session::{OutageRow, SessionRow},
};

async fn stored(store: &Store, id: &str) -> SessionRow {
    session::by_id(&mut read(store).await, id).await.expect("a session is read").expect("the session is there")
}

fn account(login: &str) -> AccountRow {
    AccountRow {
        id: format!("id-{login}"),
        login: login.to_owned(),
        name: "监考员".to_owned(),
        role: "proctor".to_owned(),
        password_hash: "hash".to_owned(),
    }
}

async fn add(store: &Store, account: &AccountRow) -> Result<(), StoreError> {
    let mut tx = write(store).await;
    account::insert(&mut tx, account, 1).await?;
    tx.commit().await
}

pub async fn the_clock_never_goes_back(store: &Store) {
    with_session(store).await;
    for (flushed, at_ms, stands) in [(5_000, 10, (5_000, 10)), (4_999, 20, (5_000, 10)), (5_000, 30, (5_000, 30))] {
        let mut tx = write(store).await;
        let told = session::flush_clock(&mut tx, SESSION, flushed, at_ms).await.expect("a flush");
        assert_eq!(told, 5_000, "whoever flushes learns what stands");
        commit(tx).await;
        let row = stored(store, SESSION).await;
        assert_eq!((row.clock_ms, row.clock_at_ms), stands);
    }
}

pub async fn the_same_outage_twice_is_one(store: &Store) {
    with_session(store).await;
    let outage = OutageRow { down_at_ms: 10, up_at_ms: 20, clock_ms: 5 };
    let later = OutageRow { down_at_ms: 30, up_at_ms: 40, clock_ms: 6 };
    let mut tx = write(store).await;
    for outage in [later, outage, outage] {
        session::insert_outage(&mut tx, SESSION, outage).await.expect("an outage is kept");
    }
    commit(tx).await;
    let kept = session::outages(&mut read(store).await, SESSION).await.expect("outages are read");
    assert_eq!(kept, [outage, later]);
}

pub async fn a_purpose_is_one_of_three(store: &Store) {
    with_session(store).await;
    let other = SessionRow { purpose: "party".to_owned(), ..session_row("session-2") };
    forbidden_by(session::insert(&mut write(store).await, &other).await, "exam_session_purpose_ck");
    let other = SessionRow { state: "gone".to_owned(), ..session_row("session-2") };
    forbidden_by(session::insert(&mut write(store).await, &other).await, "exam_session_state_ck");
}

pub async fn a_session_has_its_standard(store: &Store) {
    let mut tx = write(store).await;
    question::put_standard(&mut tx, &standard(), 1).await.expect("a standard is kept");
    commit(tx).await;
    let other = SessionRow { standard_id: "none".to_owned(), ..session_row(SESSION) };
    // SQLite does not say which foreign key; that it was one must do.
    let refused = session::insert(&mut write(store).await, &other).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let twice = async |tx: &mut crate::store::Tx| {
        session::insert(tx, &session_row(SESSION)).await?;
        session::insert(tx, &session_row(SESSION)).await
    };
    forbidden_by(twice(&mut write(store).await).await, "exam_session_pk");
}

pub async fn sessions_do_not_touch_one_another(store: &Store) {
    with_session(store).await;
    let later = SessionRow { begins_at_ms: 2_000, direction: None, ..session_row("session-2") };
    let mut tx = write(store).await;
    session::insert(&mut tx, &later).await.expect("a session is kept");
    session::set_state(&mut tx, "session-2", delivery::session::SessionState::Running).await.expect("a state");
    session::flush_clock(&mut tx, "session-2", 77, 78).await.expect("a flush");
    commit(tx).await;
    assert_eq!(stored(store, SESSION).await, session_row(SESSION));
    let later = SessionRow { state: "running".to_owned(), clock_ms: 77, clock_at_ms: 78, ..later };
    let all = session::all(&mut read(store).await).await.expect("sessions are read");
    assert_eq!(all, [later, session_row(SESSION)], "the newest first");
    assert_eq!(session::by_id(&mut read(store).await, "none").await.expect("a read"), None);
}

pub async fn a_login_name_once(store: &Store) {
    add(store, &account("p1")).await.expect("an account is kept");
    let again = AccountRow { id: "other".to_owned(), ..account("p1") };
    forbidden_by(add(store, &again).await, "account_login_uq");
    let again = AccountRow { login: "p2".to_owned(), ..account("p1") };
    forbidden_by(add(store, &again).await, "account_pk");
    let found = account::by_login(&mut read(store).await, "p1").await.expect("a read");
    assert_eq!(found, Some(account("p1")));
    assert_eq!(account::by_login(&mut read(store).await, "p2").await.expect("a read"), None);
}

pub async fn a_role_is_one_of_three(store: &Store) {
    let other = AccountRow { role: "king".to_owned(), ..account("p1") };
    forbidden_by(add(store, &other).await, "account_role_ck");
}

pub async fn an_expired_sign_in_is_nobodys(store: &Store) {
    add(store, &account("p1")).await.expect("an account is kept");
    let mut tx = write(store).await;
    account::sign_in(&mut tx, "token", "id-p1", 0, 100).await.expect("a sign-in");
    commit(tx).await;
    let whose = async |token: &str, now| account::by_token(&mut read(store).await, token, now).await.expect("a read");
    assert_eq!(whose("token", 99).await, Some(account("p1")));
    assert_eq!(whose("token", 100).await, None);
    assert_eq!(whose("other", 0).await, None);
    // The next sign-in forgets it, and signing out ends one alone.
    let mut tx = write(store).await;
    account::sign_in(&mut tx, "token-2", "id-p1", 100, 200).await.expect("a sign-in");
    account::sign_in(&mut tx, "token-3", "id-p1", 100, 200).await.expect("a sign-in");
    account::sign_out(&mut tx, "token-2").await.expect("a sign-out");
    commit(tx).await;
    assert_eq!(whose("token", 0).await, None);
    assert_eq!((whose("token-2", 150).await, whose("token-3", 150).await), (None, Some(account("p1"))));
}

pub async fn a_new_password_signs_out_everywhere(store: &Store) {
    for login in ["p1", "p2"] {
        add(store, &account(login)).await.expect("an account is kept");
        let mut tx = write(store).await;
        account::sign_in(&mut tx, &format!("token-{login}"), &format!("id-{login}"), 0, 100).await.expect("a sign-in");
        commit(tx).await;
    }
    let mut tx = write(store).await;
    account::set_password(&mut tx, "id-p1", "new").await.expect("a new password");
    commit(tx).await;
    let whose = async |token: &str| account::by_token(&mut read(store).await, token, 1).await.expect("a read");
    assert_eq!((whose("token-p1").await, whose("token-p2").await), (None, Some(account("p2"))));
    let unknown = account::set_password(&mut write(store).await, "nobody", "new").await;
    assert!(matches!(unknown, Err(StoreError::Rows { got: 0, .. })), "{unknown:?}");
}

pub async fn a_server_is_alive_as_long_as_it_beats(store: &Store) {
    let alive = |id: &'static str, within_ms: i64| async move {
        server::others_alive(&mut read(store).await, id, within_ms).await.expect("servers are counted")
    };
    assert_eq!(alive("a", 60_000).await, 0);
    for id in ["a", "b", "a"] {
        let mut tx = write(store).await;
        server::beat(&mut tx, id).await.expect("a sign of life");
        commit(tx).await;
    }
    assert_eq!((alive("a", 60_000).await, alive("c", 60_000).await), (1, 2));
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    assert_eq!(alive("c", 20).await, 0, "a sign that is too old is none");
    let mut tx = write(store).await;
    server::leave(&mut tx, "a").await.expect("it leaves");
    server::tell(&mut tx, &["it's gone".to_owned()]).await.expect("whoever listens is told");
    commit(tx).await;
    assert_eq!((alive("a", 60_000).await, alive("b", 60_000).await), (1, 0));
}

pub async fn the_keys_are_checked_against_the_first(store: &Store) {
    let mut tx = write(store).await;
    assert_eq!(server::key_check(&mut tx).await.expect("nothing yet"), None);
    server::keep_key_check(&mut tx, "one").await.expect("it is kept");
    commit(tx).await;
    assert_eq!(server::key_check(&mut read(store).await).await.expect("it is read").as_deref(), Some("one"));
    forbidden_by(server::keep_key_check(&mut write(store).await, "two").await, "key_check_pk");
}
