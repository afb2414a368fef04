//! Law 4: what was committed to before the exam is opened after it, and every paper can be drawn again. Candidates who are
//! added late sit papers of the same draw.

use kaochang::{service::draw::threads, store::evidence as stored};
use question_bank::evidence::{Evidence, verify};

use crate::exam::{
    LEAD_MS, Setup, TestExam,
    people::{Candidate, Office},
};

async fn office(exam: &TestExam) -> Office {
    Office::sign_in(exam.browser(), "office").await
}

/// Two of four seats are taken, and a second row begins at seat 7.
fn setup() -> Setup {
    Setup { rooms: vec![(1, 10, 2)], plan: "late_entry_minutes = 3\nreserves = 2", ..Setup::short() }
}

async fn late(exam: &TestExam, admission_no: &str, seat: u32) -> Candidate {
    let row = exam.sittings().await.into_iter().find(|row| row.admission_no == admission_no).expect("the sitting");
    let entry = kaochang::service::plan::Entry {
        admission_no: admission_no.to_owned(),
        name: row.name,
        id_number: format!("990000199001{admission_no}"),
        room: 1,
        seat,
        extra_minutes: None,
        extra_reason: None,
        seen_in: None,
    };
    Candidate::new(exam.machine(1, seat).await, entry, row.id)
}

#[tokio::test]
async fn a_late_candidate_sits_a_reserve_like_everybody() {
    let exam = TestExam::of(setup()).await;
    let mut office = office(&exam).await;
    let mut first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    assert_eq!(office.add(&exam.session, "777001", 1, 3).await.notice(), "candidate_added~3");
    let mut second = late(&exam, "777001", 3).await;
    second.log_in().await;
    second.accept().await;
    // Epoch, clock and saves as for everybody.
    let left = [first.remaining_ms().await, second.remaining_ms().await];
    assert!(left.iter().all(|ms| (175_000..=180_000).contains(ms)), "{left:?}");
    second.answer(1, "A").await;
    assert_eq!(exam.letters(&second.sitting).await, [(1, "A".to_owned())]);
    let live = proctor.live().await;
    assert_eq!(live.tiles.len(), 3, "the console has the new one at once");
    let reserves = stored::reserves(&mut exam.store.read().await.unwrap(), &exam.session).await.unwrap();
    assert_eq!(reserves.iter().map(|reserve| reserve.used.is_some()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(reserves[0].sitting, second.sitting, "the next reserve");
    assert_eq!(exam.acts("sitting.added").await, 1);
    let questions = |paper: &question_bank::paper::Paper| {
        let mut ids: Vec<String> = paper.items.iter().map(|item| item.question.clone()).collect();
        ids.sort();
        ids
    };
    let sat = exam.paper(&second.sitting).await;
    assert_eq!(questions(&sat), questions(&reserves[0].paper), "what was drawn and committed to");
    for other in exam.sittings().await.iter().filter(|row| row.id != second.sitting && row.seat == 2) {
        let beside = exam.paper(&other.id).await;
        let same = sat.items.iter().zip(&beside.items).filter(|(one, other)| one.question == other.question).count();
        assert_eq!(same, 0, "no question in the same place as at the next seat");
    }
    assert_eq!(exam.verified().await.problems, Vec::<String>::new());

    // And all of it is there again after a crash.
    let exam = exam.crash(1_000).await;
    let mut second = Candidate { browser: second.browser.at(exam.router.clone()), ..second };
    second.answer(2, "B").await;
    second.hand_in().await;
    assert!(exam.score(&second.sitting).await.is_some());
}

#[tokio::test]
async fn a_late_candidate_is_refused_with_the_reason() {
    let exam = TestExam::of(setup()).await;
    let mut office = office(&exam).await;
    let session = exam.session.clone();
    let taken = exam.roster[0].admission_no.clone();
    for (admission_no, room, seat, wanted) in [
        ("", 1, 3, "form_invalid"),
        (taken.as_str(), 1, 3, "admission_no_taken"),
        ("777001", 9, 3, "adding_over"),
        ("777001", 1, 11, "seat_not_in_room"),
        ("777001", 1, 2, "seat_taken~2"),
    ] {
        assert_eq!(
            office.add(&session, admission_no, room, seat).await.notice(),
            wanted,
            "{admission_no} {room} {seat}"
        );
    }
    assert_eq!(exam.acts("sitting.added").await, 0);
    for (admission_no, seat, wanted) in
        [("777001", 3, "candidate_added"), ("777002", 4, "candidate_added"), ("777003", 5, "reserves_used")]
    {
        assert_eq!(office.add(&session, admission_no, 1, seat).await.code(), wanted);
    }
    exam.ended().await;
    assert_eq!(office.add(&session, "777003", 1, 5).await.code(), "adding_over");
    assert_eq!(office.add("none", "777003", 1, 5).await.status, 404);
}

/// Whoever moved away leaves a seat for which papers were put in order: nobody else gets it, or the order could not be
/// drawn again.
#[tokio::test]
async fn a_seat_that_somebody_left_stays_taken() {
    let exam = TestExam::of(setup()).await;
    let mut office = office(&exam).await;
    let mut proctor = exam.proctor("p1").await;
    let second = exam.arriving(2).await;
    assert_eq!(proctor.on(&second, "move", &[("seat", "9")]).await.code(), "seat_moved");
    for seat in [2, 9] {
        assert_eq!(office.add(&exam.session, "777001", 1, seat).await.code(), "seat_taken");
    }
    let page = office.browser.get(&format!("/sessions/{}", exam.session)).await.body;
    assert!(page.contains("3–8, 10"), "{page}");
}

#[tokio::test]
async fn the_evidence_is_refused_before_the_end_and_verified_after() {
    let exam = TestExam::of(setup()).await;
    let mut office = office(&exam).await;
    let path = format!("/sessions/{}/evidence.json", exam.session);
    assert_eq!(office.browser.get(&path).await.code(), "evidence_not_yet");
    let mut first = exam.candidate(1).await;
    office.add(&exam.session, "777001", 1, 3).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    assert_eq!(office.browser.get(&path).await.code(), "evidence_not_yet", "a room is open");
    first.answer(1, "A").await;
    proctor.act("end", &[("confirm", "yes"), ("reason", "停电")]).await;
    let answer = office.browser.get(&path).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-disposition"].to_str().unwrap().contains(&exam.session));
    let evidence: Evidence = answer.json();
    assert_eq!(evidence.commitment.to_string(), exam.centre.commitment(&exam.session).unwrap());
    let verified = verify(&evidence, threads()).expect("every paper is drawn again");
    assert_eq!((verified.seated, verified.reserves, verified.late), (2, 2, 1));
    for name in exam.roster.iter().flat_map(|entry| [&entry.name, &entry.admission_no, &entry.id_number]) {
        assert!(!answer.body.contains(name.as_str()), "it names nobody");
    }
    let late = exam.sittings().await.into_iter().find(|row| row.admission_no == "777001").expect("the sitting");
    let sat = evidence.papers.iter().find(|drawn| drawn.sitting == late.id).expect("its paper");
    assert_eq!(sat.paper, exam.paper(&late.id).await, "as it was sat");
    assert_eq!(office.browser.get("/sessions/none/evidence.json").await.status, 404);
}

#[tokio::test]
async fn the_fairness_sheet_says_what_the_papers_are_worth_and_how_little_is_known() {
    let exam = TestExam::of(setup()).await;
    let mut office = office(&exam).await;
    let path = format!("/sessions/{}/fairness", exam.session);
    let page = office.browser.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(exam.roster.iter().all(|entry| page.body.contains(&entry.admission_no)), "each paper is a row");
    let csv = office.browser.get(&format!("{path}.csv")).await.body;
    assert_eq!(csv.matches("\npaper,").count(), 2, "{csv}");
    office.add(&exam.session, "777001", 1, 3).await;
    let csv = office.browser.get(&format!("{path}.csv")).await.body;
    assert_eq!(csv.matches("\npaper,").count(), 3, "it is made anew for the late candidate's paper");
}
