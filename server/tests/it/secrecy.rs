//! Law 6: the key never leaves the server.

use std::path::Path;

use crate::exam::{LEAD_MS, Setup, TestExam, bank};

/// Pieces of every explanation, long enough to be nobody else's words, and every id that leads to a key in a public bank.
fn secrets() -> Vec<String> {
    let mut secrets = Vec::new();
    let shown: String = bank::questions().into_values().map(|asked| asked.shown + "\n").collect();
    for (id, asked) in bank::questions() {
        // Between marks of any kind, so that markup and escaping can't hide a piece.
        let words = |c: char| !c.is_alphanumeric() && !"，、；：（）“”".contains(c);
        let pieces = asked.explanation.split(words).map(|piece| piece.chars().take(24).collect::<String>());
        // What an option says in the same words is no secret.
        let hidden = pieces.filter(|piece| !shown.contains(piece));
        let piece = hidden.max_by_key(|piece| piece.chars().count()).unwrap_or_default();
        assert!(piece.chars().count() >= 8, "{id}: {piece}");
        secrets.push(piece);
        secrets.push(id);
    }
    secrets
}

fn assert_none(secrets: &[String], what: &str, text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} holds {secret:?}");
    }
    for word in ["\"key\":", "\"right\":", "\"correct\":", "explanation", "data-key", "data-right"] {
        assert!(!text.contains(word), "{what} holds {word}");
    }
}

#[tokio::test]
async fn no_page_and_no_reply_of_a_candidate_holds_a_key() {
    let exam = TestExam::of(Setup::short()).await;
    let secrets = secrets();
    let mut first = exam.arriving(1).await;
    first.log_in().await;
    for path in ["/", "/confirm"] {
        assert_none(&secrets, path, &first.browser.get(path).await.body);
    }
    first.accept().await;
    exam.opened().await;
    for path in ["/rules", "/waiting", "/waiting/state"] {
        assert_none(&secrets, path, &first.browser.get(path).await.body);
    }
    exam.pass(LEAD_MS).await;
    for path in ["/exam", "/exam?q=50", "/exam?all=1", "/exam/hand-in"] {
        let page = first.browser.get(path).await;
        assert_eq!(page.status, 200);
        assert_none(&secrets, path, &page.body);
    }
    let change = first.change(1, "A");
    assert_none(&secrets, "a reply", &first.send(vec![change]).await.body);
    let late = kaochang_app::wire::ChangeWire { seq: 1, position: 1, response: "B".to_owned(), flagged: false };
    assert_none(&secrets, "a reply to an older change", &first.send(vec![late]).await.body);
    let wrong = first.change(1, "Z");
    assert_none(&secrets, "a refusal", &first.send(vec![wrong]).await.body);
    first.hand_in().await;
    assert_none(&secrets, "/receipt", &first.browser.get("/receipt").await.body);
}

/// A page whose options stood in the bank's order would tell the key of a public bank's question without its id.
#[tokio::test]
async fn two_candidates_see_options_in_orders_of_their_own() {
    let exam = TestExam::of(Setup::short()).await;
    let mut orders = Vec::new();
    for row in exam.sittings().await {
        let paper = exam.paper(&row.id).await;
        orders.push(paper.items.into_iter().filter(|item| item.options.len() > 2).collect::<Vec<_>>());
    }
    let moved = |items: &[question_bank::paper::Item]| items.iter().filter(|item| !item.options.is_sorted()).count();
    assert!(moved(&orders[0]) > 40 && moved(&orders[1]) > 40, "most are shuffled");
    assert_ne!(orders[0], orders[1]);
}

#[tokio::test]
async fn neither_proctor_nor_office_is_shown_a_key() {
    let exam = TestExam::of(Setup::short()).await;
    let secrets = secrets();
    let mut first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    first.answer(1, "A").await;
    first.hand_in().await;
    let room = proctor.room.clone();
    for path in [
        "/staff".to_owned(),
        format!("/rooms/{room}"),
        format!("/rooms/{room}?sitting={}", first.sitting),
        format!("/rooms/{room}/live"),
        format!("/rooms/{room}/record"),
    ] {
        assert_none(&secrets, &path, &proctor.browser.get(&path).await.body);
    }
    let mut office = exam.signed_in("office", 1).await.browser;
    let session = &exam.session;
    for path in [format!("/sessions/{session}/results"), format!("/sessions/{session}/results.csv")] {
        let answer = office.get(&path).await;
        assert_eq!(answer.status, 200);
        assert_none(&secrets, &path, &answer.body);
    }
}

/// Neither what is written by hand nor what the build makes of the client.
#[tokio::test]
async fn no_asset_holds_a_question() {
    let exam = TestExam::start().await;
    let secrets = secrets();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut looked_at = 0;
    for folder in ["app/assets", "target/site"] {
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().extension().is_some_and(|its| its == "br") || !entry.path().is_file() {
                continue;
            }
            let answer = exam.browser().get(&format!("/assets/{name}")).await;
            // What was built after this test's binary is not in it.
            if answer.status == 200 {
                for secret in &secrets {
                    assert!(!answer.body.contains(secret.as_str()), "{name} holds {secret:?}");
                }
                looked_at += 1;
            }
        }
    }
    assert!(looked_at >= 2, "style and boot script at least");
    assert_eq!(exam.browser().get("/assets/..%2Fvault.key").await.status, 404);
    assert_eq!(exam.browser().get("/assets/%2e%2e/Cargo.toml").await.status, 404);
}

/// The sheet of results tells scores, and an ID number only by its ends.
#[tokio::test]
async fn no_page_shows_a_whole_id_number() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.arriving(1).await;
    let number = first.entry.id_number.clone();
    let masked = format!("{}**********{}", &number[..4], &number[14..]);
    let confirm = first.log_in().await;
    assert!(confirm.body.contains(&masked), "{masked}");
    first.accept().await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    let room = proctor.room.clone();
    let pages = [
        confirm,
        first.browser.get("/exam").await,
        proctor.browser.get(&format!("/rooms/{room}?sitting={}", first.sitting)).await,
        proctor.browser.get(&format!("/rooms/{room}/record")).await,
    ];
    assert!(pages.iter().all(|page| page.status == 200 && !page.body.contains(&number)));
    let row = exam.sitting(&first.sitting).await;
    assert!(!row.id_sealed.contains(&number) && row.id_masked == masked, "nor does the database");
}
