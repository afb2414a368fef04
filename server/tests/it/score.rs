//! A whole exam, and the score that the tests' own arithmetic finds in what the database holds, the paper and the bank's
//! files.

use std::collections::{BTreeMap, BTreeSet};

use question_bank::paper::{Item, Paper};

use crate::exam::{LEAD_MS, Setup, TestExam, bank};

/// The letters that are right on this paper.
fn right(keys: &BTreeMap<String, bank::Asked>, item: &Item) -> String {
    let right = &keys[&item.question].right;
    let letters = (b'A'..).zip(&item.options).filter(|(_, option)| right.contains(option));
    letters.map(|(letter, _)| char::from(letter)).collect()
}

/// Something that the question has and that is wrong: of several right options one is left out.
fn wrong(keys: &BTreeMap<String, bank::Asked>, item: &Item) -> String {
    let right = right(keys, item);
    if right.len() > 1 {
        return right[1..].to_owned();
    }
    ["A", "B"].into_iter().find(|letter| *letter != right).expect("one of both is wrong").to_owned()
}

/// What a candidate of mixed luck gives: right, wrong, nothing, right again.
fn given(keys: &BTreeMap<String, bank::Asked>, item: &Item) -> Option<String> {
    match item.position % 4 {
        1 => Some(wrong(keys, item)),
        2 => None,
        _ => Some(right(keys, item)),
    }
}

/// Thousandths of a point by function, from the stored responses: all right options and no other, or nothing.
async fn expected(exam: &TestExam, sitting: &str, paper: &Paper) -> BTreeMap<String, (u32, u32)> {
    let keys = bank::questions();
    let responses: BTreeMap<i64, String> = exam.letters(sitting).await.into_iter().collect();
    let mut points: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for item in &paper.items {
        let key: BTreeSet<u8> = keys[&item.question].right.iter().copied().collect();
        let response = responses.get(&i64::from(item.position)).map_or("", String::as_str);
        let chosen: BTreeSet<u8> = response.bytes().map(|letter| item.options[usize::from(letter - b'A')]).collect();
        let slot = points.entry(item.function.clone()).or_default();
        slot.0 += if chosen == key { item.points_milli } else { 0 };
        slot.1 += item.points_milli;
    }
    points
}

async fn assert_score(exam: &TestExam, sitting: &str) {
    let paper = exam.paper(sitting).await;
    let expected = expected(exam, sitting, &paper).await;
    let score = exam.score(sitting).await.expect("it is marked");
    let by_function: BTreeMap<_, _> =
        score.by_function.iter().map(|part| (part.function.clone(), (part.got_milli, part.max_milli))).collect();
    assert_eq!(by_function, expected);
    let sum = |of: fn(&(u32, u32)) -> u32| expected.values().map(of).sum::<u32>();
    assert_eq!((score.total_milli, score.max_milli), (sum(|(got, _)| *got), sum(|(_, max)| *max)));
    assert_eq!(score.passed, score.total_milli >= 60_000);
    // A quarter wrong, a quarter empty, the rest right: neither nothing nor everything.
    assert_eq!(score.total_milli, 50_000);
}

#[tokio::test]
async fn a_whole_exam_by_json() {
    let exam = TestExam::start().await;
    let keys = bank::questions();
    let mut first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    let paper = exam.paper(&first.sitting).await;
    assert_eq!(paper.items.len(), 100);
    for item in &paper.items {
        // Second thoughts: the first choice is another.
        first.answer(item.position, "A").await;
        if let Some(letters) = given(&keys, item) {
            first.answer(item.position, &letters).await;
        } else {
            first.answer(item.position, "").await;
        }
        exam.pass(20_000).await;
    }
    let live = proctor.live().await;
    assert!(live.tiles.iter().any(|tile| tile.answered_text.starts_with("75")), "{:?}", live.tiles);
    assert_eq!(first.hand_in().await.to(), "/receipt");
    assert_score(&exam, &first.sitting).await;
    let receipt = first.browser.get("/receipt").await;
    assert!(receipt.body.contains("50"), "a mock shows its score at once");
    proctor.act("end", &[("confirm", "yes")]).await;
    let report = exam.verified().await;
    assert!(report.problems.is_empty(), "{report}");
    assert!(report.rows > 100, "it looked at every response: {report}");
}

#[tokio::test]
async fn a_whole_exam_by_forms_alone() {
    let exam = TestExam::of(Setup { minutes: 90, plan: "earliest_hand_in_minutes = 0", ..Setup::default() }).await;
    let keys = bank::questions();
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let paper = exam.paper(&first.sitting).await;
    let mut page = first.browser.get("/exam").await;
    for item in &paper.items {
        let [epoch, position, revision] = ["epoch", "position", "revision"].map(|name| page.field(name));
        assert_eq!(position, item.position.to_string(), "the button of the question before led here");
        let letters: Vec<String> = given(&keys, item).unwrap_or_default().chars().map(String::from).collect();
        let go = if item.position == 100 { "sheet" } else { "next" };
        let mut fields = vec![("epoch", &*epoch), ("position", &position), ("revision", &revision), ("go", go)];
        fields.extend(letters.iter().map(|letter| ("choice", letter.as_str())));
        let answer = first.browser.post("/exam/answer", &fields).await;
        assert_eq!(answer.code(), "saved");
        page = first.browser.get(answer.location.as_deref().unwrap_or_default()).await;
    }
    let epoch = page.field("epoch");
    let handed = first.browser.post("/exam/hand-in", &[("epoch", &epoch), ("confirm", "yes")]).await;
    assert_eq!(handed.to(), "/receipt");
    assert_score(&exam, &first.sitting).await;
    let report = exam.verified().await;
    assert!(report.problems.is_empty(), "{report}");
}

#[tokio::test]
async fn everything_right_is_a_hundred_points_and_nothing_is_none() {
    let exam = TestExam::of(Setup::short()).await;
    let keys = bank::questions();
    let (mut best, mut blank) = (exam.candidate(1).await, exam.candidate(2).await);
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let paper = exam.paper(&best.sitting).await;
    let changes = paper.items.iter().map(|item| best.change(item.position, &right(&keys, item))).collect();
    crate::exam::people::saved(&best.send(changes).await);
    best.hand_in().await;
    blank.hand_in().await;
    let (best, blank) = (exam.score(&best.sitting).await.unwrap(), exam.score(&blank.sitting).await.unwrap());
    assert_eq!((best.total_milli, best.passed), (100_000, true));
    assert_eq!((blank.total_milli, blank.passed), (0, false));
}

#[tokio::test]
async fn papers_meet_the_weights_of_the_standard() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 6, 6)], ..Setup::short() }).await;
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../question-bank/standards/cloud-computing-engineer-2-02-10-12.json");
    let standard: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let columns = standard["weights"]["theory"].as_array().unwrap();
    let column =
        columns.iter().find(|column| column["level"] == "junior" && column["direction"] == "operations").unwrap();
    let weights: BTreeMap<String, u32> = serde_json::from_value(column["weights"].clone()).unwrap();
    let mut seen = BTreeSet::new();
    for row in exam.sittings().await {
        let paper = exam.paper(&row.id).await;
        let mut by_function: BTreeMap<String, u32> = BTreeMap::new();
        for item in &paper.items {
            *by_function.entry(item.function.clone()).or_default() += item.points_milli;
        }
        let points: BTreeMap<String, u32> = by_function.into_iter().map(|(id, milli)| (id, milli / 1_000)).collect();
        assert_eq!(points, weights);
        let questions: BTreeSet<&str> = paper.items.iter().map(|item| item.question.as_str()).collect();
        assert_eq!(questions.len(), 100, "no question twice");
        assert!(seen.insert(paper.digest()), "each candidate has a paper of their own");
    }
}
