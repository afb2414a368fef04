//! A faulty question counts for nobody, by two people, and everyone is told.

use kaochang_app::wire::SaveReply;
use question_bank::paper::Paper;

use crate::exam::{
    LEAD_MS, Setup, TestExam, bank, password,
    people::{Candidate, Office, saved},
};

const WHY: &str = "两个选项都对";

async fn office(exam: &TestExam) -> Office {
    Office::sign_in(exam.browser(), "office").await
}

/// Asks for it, with the second person's own password.
async fn void(exam: &TestExam, office: &mut Office, which: &[(&str, &str)], second: &str) -> String {
    let secret = password(second);
    let mut fields =
        vec![("reason", WHY), ("confirm", "yes"), ("second_account", second), ("second_password", &secret)];
    fields.extend(which);
    office.browser.post(&format!("/sessions/{}/void", exam.session), &fields).await.notice().to_owned()
}

fn letters(paper: &Paper, position: u32) -> String {
    let item = paper.item(position).expect("on the paper");
    let right = &bank::questions()[&item.question].right;
    (b'A'..)
        .zip(&item.options)
        .filter(|(_, option)| right.contains(option))
        .map(|(letter, _)| char::from(letter))
        .collect()
}

/// Answers so many questions right, from the first on.
async fn answer_right(exam: &TestExam, candidate: &mut Candidate, count: u32) -> Paper {
    let paper = exam.paper(&candidate.sitting).await;
    for position in 1..=count {
        let letters = letters(&paper, position);
        candidate.answer(position, &letters).await;
    }
    paper
}

async fn versions(exam: &TestExam, sitting: &str) -> Vec<(i64, i64)> {
    let rows = kaochang::store::score::rows(&mut exam.store.read().await.unwrap(), &exam.session).await.unwrap();
    rows.into_iter().filter(|row| row.sitting_id == sitting).map(|row| (row.version, row.total_milli)).collect()
}

#[tokio::test]
async fn who_handed_in_is_marked_anew_and_who_writes_is_told() {
    let setup = Setup { plan: "late_entry_minutes = 3\nscore_at_once = true", ..Setup::short() };
    let exam = TestExam::of(setup).await;
    let (mut first, mut second) = (exam.candidate(1).await, exam.candidate(2).await);
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    // Sixty of a hundred right, the first among them: just passed.
    let paper = answer_right(&exam, &mut first, 60).await;
    let faulty = paper.item(1).unwrap().question.clone();
    assert_eq!(first.hand_in().await.to(), "/receipt");
    assert_eq!(versions(&exam, &first.sitting).await, [(1, 60_000)]);
    assert!(exam.score(&first.sitting).await.unwrap().passed);
    let other = exam.paper(&second.sitting).await;
    let at = other.items.iter().find(|item| item.question == faulty).map(|item| item.position);

    let mut office = office(&exam).await;
    let which = [("admission_no", first.entry.admission_no.as_str()), ("position", "1")];
    let papers = 1 + usize::from(at.is_some());
    assert_eq!(void(&exam, &mut office, &which, "author").await, format!("question_voided~{papers}"));

    // 59 of the 99 others: 59.595, and that does not pass.
    let score = exam.score(&first.sitting).await.unwrap();
    assert_eq!((score.total_milli, score.max_milli, score.passed), (59_595, 100_000, false));
    assert_eq!(versions(&exam, &first.sitting).await, [(1, 60_000), (2, 59_595)], "what was is kept");
    let receipt = first.browser.get("/receipt").await.body;
    assert!(receipt.contains("第 1 题已作废") && receipt.contains("59.595"), "{receipt}");
    // Who has it on the paper is told by the next reply and by the question's own page; who has not, is not.
    let told: SaveReply = saved(&second.send(Vec::new()).await);
    assert_eq!(told.voided, at.into_iter().collect::<Vec<_>>());
    let page = second.browser.get(&format!("/exam?q={}", at.unwrap_or(1))).await.body;
    assert_eq!(page.contains("<p class=\"banner info\">本题已作废"), at.is_some());
    // The proctor sees it, and so does everyone who reads the record or the results.
    for path in [format!("/rooms/{}", proctor.room), format!("/rooms/{}/record", proctor.room)] {
        let body = proctor.browser.get(&path).await.body;
        assert!(body.contains(&faulty) && body.contains(WHY), "{path}: {body}");
    }
    let record = proctor.browser.get(&format!("/rooms/{}/record", proctor.room)).await.body;
    assert!(record.contains("office + author"), "both of them: {record}");
    for path in ["", "/results"] {
        let body = office.browser.get(&format!("/sessions/{}{path}", exam.session)).await.body;
        assert!(body.contains(&faulty) && body.contains(WHY) && body.contains("office + author"), "{path}: {body}");
    }
    assert_eq!((exam.acts("question.voided").await, exam.acts("sitting.remarked").await), (1, 1));
    assert!(exam.verified().await.problems.is_empty(), "{}", exam.verified().await);

    // A restart knows it, and a later hand-in is marked without it at once.
    let exam = exam.crash(60_000).await;
    second.browser = second.browser.at(exam.router.clone());
    answer_right(&exam, &mut second, 60).await;
    assert_eq!(second.hand_in().await.to(), "/receipt");
    let expected = match at {
        Some(1..=60) => 59_595,
        Some(_) => 60_606,
        None => 60_000,
    };
    assert_eq!(versions(&exam, &second.sitting).await, [(1, expected)]);
    assert!(exam.verified().await.problems.is_empty(), "{}", exam.verified().await);
    proctor.browser = proctor.browser.at(exam.router.clone());
    assert_eq!(proctor.act("end", &[("confirm", "yes")]).await.code(), "room_ended");
    // After the session, too, and by another officer.
    office.browser = office.browser.at(exam.router.clone());
    let next = exam.paper(&first.sitting).await.item(2).unwrap().question.clone();
    assert!(void(&exam, &mut office, &[("question", &next)], "office2").await.starts_with("question_voided~"));
    // 58 of 98: 59.183.
    assert_eq!(versions(&exam, &first.sitting).await[2], (3, 59_183));
    assert!(exam.verified().await.problems.is_empty(), "{}", exam.verified().await);
}

#[tokio::test]
async fn one_person_alone_voids_nothing() {
    let exam = TestExam::of(Setup::short()).await;
    let first = exam.candidate(1).await;
    let paper = exam.paper(&first.sitting).await;
    let id = paper.item(5).unwrap().question.clone();
    let mut office = office(&exam).await;
    let which = [("question", id.as_str())];
    assert_eq!(void(&exam, &mut office, &which, "office").await, "second_officer_needed", "one person is not two");
    assert_eq!(void(&exam, &mut office, &which, "").await, "second_officer_needed");
    assert_eq!(void(&exam, &mut office, &which, "p1").await, "second_officer_needed", "a proctor is no officer");
    let address = format!("/sessions/{}/void", exam.session);
    let guess = [
        ("question", id.as_str()),
        ("reason", WHY),
        ("confirm", "yes"),
        ("second_account", "author"),
        ("second_password", "guess"),
    ];
    assert_eq!(office.browser.post(&address, &guess).await.code(), "password_wrong");
    let secret = password("author");
    let own = |reason: &'static str, confirm: &'static str| {
        [
            ("question", id.clone()),
            ("reason", reason.to_owned()),
            ("confirm", confirm.to_owned()),
            ("second_account", "author".to_owned()),
            ("second_password", secret.clone()),
        ]
    };
    for (reason, confirm, code) in [("", "yes", "reason_missing"), (WHY, "", "confirm_missing")] {
        let fields = own(reason, confirm);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(office.browser.post(&address, &fields).await.code(), code);
    }
    assert_eq!(void(&exam, &mut office, &[("question", "no-such")], "author").await, "question_not_there");
    let beyond = [("admission_no", first.entry.admission_no.as_str()), ("position", "101")];
    assert_eq!(void(&exam, &mut office, &beyond, "author").await, "question_not_there");
    assert_eq!(exam.acts("question.voided").await, 0);
    assert!(void(&exam, &mut office, &which, "author").await.starts_with("question_voided~"));
    assert_eq!(void(&exam, &mut office, &which, "author").await, "question_voided_already");
    let mut proctor = exam.signed_in("p1", 1).await;
    assert_eq!(proctor.browser.post(&address, &guess).await.status, 403);
    assert!(exam.verified().await.problems.is_empty());
}
