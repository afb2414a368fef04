//! Rooms, their seats, and who watches.

use super::fixture::{ROOM, SESSION, commit, forbidden_by, read, refused, room_row, with_session, write};
use crate::store::{
    Store, account,
    account::AccountRow,
    room,
    room::{PauseRow, PresenceRow, RoomRow, SeatRow},
};

async fn stored(store: &Store) -> RoomRow {
    room::of_session(&mut read(store).await, SESSION).await.expect("rooms are read").remove(0)
}

pub async fn a_room_opens_once(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    room::open(&mut tx, SESSION, ROOM, 1_000, 2_000).await.expect("an opening");
    commit(tx).await;
    refused(room::open(&mut write(store).await, SESSION, ROOM, 9_000, 9_000).await);
    let opened = RoomRow {
        state: "open".to_owned(),
        opened_clock_ms: Some(1_000),
        opened_at_ms: Some(2_000),
        ..room_row(ROOM, 1)
    };
    assert_eq!(stored(store).await, opened);
    let mut tx = write(store).await;
    assert_eq!(room::not_ended(&mut tx, SESSION).await.expect("a count"), 1);
    room::end(&mut tx, SESSION, ROOM, 3_000).await.expect("an end");
    assert_eq!(room::not_ended(&mut tx, SESSION).await.expect("a count"), 0);
    commit(tx).await;
    refused(room::open(&mut write(store).await, SESSION, ROOM, 9_000, 9_000).await);
    refused(room::end(&mut write(store).await, SESSION, ROOM, 9_000).await);
    assert_eq!(stored(store).await.ended_at_ms, Some(3_000));
}

pub async fn a_room_that_is_not_open_never_ends(store: &Store) {
    with_session(store).await;
    refused(room::end(&mut write(store).await, SESSION, ROOM, 1).await);
    refused(room::end(&mut write(store).await, SESSION, "none", 1).await);
    assert_eq!(stored(store).await, room_row(ROOM, 1));
}

pub async fn a_room_number_once_a_session(store: &Store) {
    with_session(store).await;
    forbidden_by(room::insert(&mut write(store).await, SESSION, &room_row("room-2", 1)).await, "room_number_uq");
    forbidden_by(room::insert(&mut write(store).await, SESSION, &room_row(ROOM, 2)).await, "room_pk");
}

pub async fn a_seat_code_once(store: &Store) {
    with_session(store).await;
    let seat =
        |number, code: &str| SeatRow { room_id: ROOM.to_owned(), number, code: code.to_owned(), token_hash: None };
    forbidden_by(room::insert_seat(&mut write(store).await, SESSION, &seat(4, "code-1")).await, "seat_code_uq");
    forbidden_by(room::insert_seat(&mut write(store).await, SESSION, &seat(1, "code-4")).await, "seat_pk");
}

pub async fn a_seat_is_one_machine(store: &Store) {
    with_session(store).await;
    refused(room::enrol(&mut write(store).await, "no-code", "token", 1).await);
    let mut tx = write(store).await;
    room::enrol(&mut tx, "code-2", "token-old", 1).await.expect("a machine is enrolled");
    room::enrol(&mut tx, "code-2", "token-new", 2).await.expect("another takes its place");
    commit(tx).await;
    let seats = room::seats(&mut read(store).await, SESSION).await.expect("seats are read");
    let tokens: Vec<(i64, Option<&str>)> = seats.iter().map(|seat| (seat.number, seat.token_hash.as_deref())).collect();
    assert_eq!(tokens, [(1, None), (2, Some("token-new")), (3, None)]);
}

pub async fn a_proctor_leaves_once(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    let account = AccountRow {
        id: "id-p1".to_owned(),
        login: "p1".to_owned(),
        name: "王监考".to_owned(),
        role: "proctor".to_owned(),
        password_hash: "hash".to_owned(),
    };
    account::insert(&mut tx, &account, 1).await.expect("an account is kept");
    commit(tx).await;
    refused(room::check_out(&mut write(store).await, SESSION, ROOM, "p1", 5).await);
    let mut tx = write(store).await;
    room::check_in(&mut tx, SESSION, ROOM, "id-p1", 10).await.expect("a check-in");
    room::check_out(&mut tx, SESSION, ROOM, "p1", 20).await.expect("a check-out");
    room::check_in(&mut tx, SESSION, ROOM, "id-p1", 30).await.expect("back again");
    commit(tx).await;
    let mut tx = write(store).await;
    room::check_out(&mut tx, SESSION, ROOM, "p1", 40).await.expect("a check-out");
    refused(room::check_out(&mut tx, SESSION, ROOM, "p1", 50).await);
    drop(tx);
    let stay = |in_at_ms, out_at_ms| PresenceRow {
        room_id: ROOM.to_owned(),
        login: "p1".to_owned(),
        name: "王监考".to_owned(),
        in_at_ms,
        out_at_ms,
    };
    let presences = room::presences(&mut read(store).await, SESSION).await.expect("stays are read");
    assert_eq!(presences, [stay(10, Some(20)), stay(30, None)]);
}

fn pause(number: i64, since_clock_ms: i64) -> PauseRow {
    PauseRow {
        room_id: ROOM.to_owned(),
        number,
        reason: "消防警报".to_owned(),
        paused_by: "p1".to_owned(),
        since_clock_ms,
        since_at_ms: 1_700_000_000_000 + since_clock_ms,
        ended_by: None,
        until_clock_ms: None,
        until_at_ms: None,
    }
}

async fn opened(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    room::open(&mut tx, SESSION, ROOM, 0, 0).await.expect("an opening");
    commit(tx).await;
}

pub async fn only_an_open_room_stands_still_and_only_once(store: &Store) {
    with_session(store).await;
    refused(room::pause(&mut write(store).await, SESSION, &pause(1, 1_000)).await);
    let mut tx = write(store).await;
    room::open(&mut tx, SESSION, ROOM, 0, 0).await.expect("an opening");
    room::pause(&mut tx, SESSION, &pause(1, 1_000)).await.expect("a pause");
    commit(tx).await;
    refused(room::pause(&mut write(store).await, SESSION, &pause(2, 2_000)).await);
    assert_eq!(room::pauses(&mut read(store).await, SESSION).await.expect("pauses are read"), [pause(1, 1_000)]);
    let mut tx = write(store).await;
    room::end_pause(&mut tx, SESSION, ROOM, "p2", 9_000, 9_999).await.expect("it goes on");
    forbidden_by(room::pause(&mut tx, SESSION, &pause(1, 9_500)).await, "room_pause_pk");
    drop(tx);
    let mut tx = write(store).await;
    room::end_pause(&mut tx, SESSION, ROOM, "p2", 9_000, 9_999).await.expect("it goes on");
    room::end(&mut tx, SESSION, ROOM, 10_000).await.expect("an end");
    commit(tx).await;
    refused(room::pause(&mut write(store).await, SESSION, &pause(2, 20_000)).await);
}

pub async fn a_pause_is_over_once_and_never_before_it_began(store: &Store) {
    opened(store).await;
    refused(room::end_pause(&mut write(store).await, SESSION, ROOM, "p1", 1, 1).await);
    let mut tx = write(store).await;
    room::pause(&mut tx, SESSION, &pause(1, 1_000)).await.expect("a pause");
    commit(tx).await;
    let before = room::end_pause(&mut write(store).await, SESSION, ROOM, "p1", 999, 1).await;
    forbidden_by(before, "room_pause_length_ck");
    let mut tx = write(store).await;
    room::end_pause(&mut tx, SESSION, ROOM, "p2", 61_000, 70_000).await.expect("it goes on");
    commit(tx).await;
    refused(room::end_pause(&mut write(store).await, SESSION, ROOM, "p1", 90_000, 90_000).await);
    let over = PauseRow {
        ended_by: Some("p2".to_owned()),
        until_clock_ms: Some(61_000),
        until_at_ms: Some(70_000),
        ..pause(1, 1_000)
    };
    assert_eq!(room::pauses(&mut read(store).await, SESSION).await.expect("pauses are read"), [over]);
}

/// Whatever two servers believe: the database has one open pause of a room.
pub async fn two_proctors_pause_a_room_once(store: &Store) {
    opened(store).await;
    let pauses = [1, 2].map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = write(&store).await;
            room::pause(&mut tx, SESSION, &pause(number, 1_000)).await?;
            tokio::task::yield_now().await;
            tx.commit().await
        })
    });
    let mut done = 0;
    for pause in pauses {
        done += u32::from(pause.await.expect("each has an answer").is_ok());
    }
    assert_eq!(done, 1);
    assert_eq!(room::pauses(&mut read(store).await, SESSION).await.expect("pauses are read").len(), 1);
}
