//! What a session may be, and what the bank must be: refused as a whole, with a message that names what is wrong.

use std::sync::Arc;

use kaochang::{
    service::{
        Centre,
        draw::Contributions,
        plan::{Entry, Plan, PlanError},
    },
    shipped,
    store::{Store, paper, question},
};
use question_bank::{checker::Conformance, standard::Standard};

use crate::exam::{Folder, STANDARD, TestExam};

fn plan(purpose: &str, minutes: u32, more: &str) -> Plan {
    let text = format!(
        "title = \"考试\"\nstandard = \"{STANDARD}\"\nlevel = \"junior\"\ndirection = \"operations\"\npurpose = \"{purpose}\"\n\
         minutes = {minutes}\n{more}\ndifficulty = false\n[[room]]\nnumber = 1\nseats = 2\ncolumns = 2\n"
    );
    Plan::parse(&text).expect("a plan")
}

fn roster() -> Vec<Entry> {
    Plan::roster("admission_no,name,id_number,room,seat\n1,甲,990000199001010017,1,1\n").expect("a roster")
}

async fn refused(centre: &Centre, plan: &Plan, roster: &[Entry]) -> String {
    let error =
        centre.create_session(plan, roster, Contributions::System, "office").await.expect_err("it must be refused");
    assert!(centre.home_view().sessions.is_empty(), "nothing of it was made");
    error.to_string()
}

// --- Rules ---

#[tokio::test]
async fn no_session_is_shorter_than_the_standard_but_a_rehearsal() {
    let (centre, _store, _folder) = TestExam::empty().await;
    for purpose in ["mock", "exam"] {
        let message = refused(&centre, &plan(purpose, 89, ""), &roster()).await;
        assert!(message.contains("89 minutes") && message.contains("90"), "{message}");
    }
    centre
        .create_session(&plan("mock", 90, ""), &roster(), Contributions::System, "office")
        .await
        .expect("90 minutes are enough");
    centre
        .create_session(&plan("rehearsal", 1, ""), &roster(), Contributions::System, "office")
        .await
        .expect("a rehearsal has any length");
}

#[tokio::test]
async fn an_exam_that_counts_refuses_the_public_bank_and_says_what_is_missing() {
    let (centre, _store, _folder) = TestExam::empty().await;
    let message = refused(&centre, &plan("exam", 90, ""), &roster()).await;
    assert!(message.contains("two officers"), "{message}");
    let officers = Contributions::Officers([b"one".to_vec(), b"two".to_vec()]);
    let refused = centre.create_session(&plan("exam", 90, ""), &roster(), officers, "office").await;
    let message = refused.expect_err("the public bank does not count").to_string();
    assert!(centre.home_view().sessions.is_empty(), "nothing of it was made");
    for wanted in
        ["ethics · single: 3 needed, 0 there", "system-operations · multiple: 6 needed, 0 there", "public", "bank load"]
    {
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
}

/// The default blueprint asks for the difficulty that follows from the pass mark, and the bank that ships has it.
#[tokio::test]
async fn papers_are_as_hard_as_the_pass_mark_says() {
    let (centre, store, _folder) = TestExam::empty().await;
    let plan = Plan { difficulty: None, reserves: Some(0), ..plan("mock", 90, "") };
    let id = centre.create_session(&plan, &roster(), Contributions::System, "office").await.expect("a session");
    let row = paper::rows(&mut store.read().await.unwrap(), &id).await.unwrap().remove(0);
    let told: Conformance = serde_json::from_str(&row.conformance).expect("a statement");
    assert_eq!(told.by_band.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [30, 40, 30]);
    let mean = told.weighted_permille.expect("a mean") / u64::from(told.total_milli);
    assert!((595..=605).contains(&mean), "{mean}");
}

#[tokio::test]
async fn rules_beyond_reason_are_refused() {
    let (centre, _store, _folder) = TestExam::empty().await;
    for (more, wanted) in [
        ("allowance_seconds = 11", "allowance"),
        ("earliest_hand_in_minutes = 91", "earliest_hand_in_minutes"),
        ("late_entry_minutes = 91", "late_entry_minutes"),
    ] {
        let message = refused(&centre, &plan("mock", 90, more), &roster()).await;
        assert!(message.contains(wanted), "{more}: {message}");
    }
    for minutes in [0, 601, u32::MAX] {
        refused(&centre, &plan("rehearsal", minutes, ""), &roster()).await;
    }
}

#[tokio::test]
async fn what_the_standard_does_not_have_is_named() {
    let (centre, _store, _folder) = TestExam::empty().await;
    let known = plan("mock", 90, "");
    let message = refused(&centre, &Plan { standard: "other".to_owned(), ..known.clone() }, &roster()).await;
    assert!(message.contains("other"), "{message}");
    for other in [
        Plan { level: "master".to_owned(), ..known.clone() },
        Plan { direction: Some("sales".to_owned()), ..known.clone() },
        Plan { direction: None, ..known.clone() },
        Plan { standard: "1x-cloud-platform-ops-dev-2019".to_owned(), ..known.clone() },
        Plan { begins: Some("tomorrow".to_owned()), ..known },
    ] {
        let message = refused(&centre, &other, &roster()).await;
        assert!(message.len() > 20, "{message}");
    }
}

#[tokio::test]
async fn a_bad_roster_lists_every_row() {
    let (centre, _store, _folder) = TestExam::empty().await;
    let csv = "admission_no,name,id_number,room,seat,extra_minutes,extra_reason\n\
        1,甲,990000199001010017,1,1,,\n1,乙,990000199001010025,1,2,,\n3,丙,990000199001010033,1,1,,\n\
        4,丁,990000199001010041,7,1,,\n5,,990000199001010050,1,9,,\n6,己,990000199001010068,1,2,10,\n";
    let message = refused(&centre, &plan("mock", 90, ""), &Plan::roster(csv).expect("it can be read")).await;
    for row in ["Row 3 (1)", "Row 4 (3)", "Row 5 (4)", "Row 6 (5)", "Row 7 (6)"] {
        assert!(message.contains(row), "{row}: {message}");
    }
    assert!(!message.contains("Row 2"), "{message}");
    refused(&centre, &plan("mock", 90, ""), &[]).await;
    let Err(PlanError::Problems(rows)) =
        Plan::roster("admission_no,name,id_number,room,seat\n1,甲,1,x,1\n2,乙,2,1,y\n")
    else {
        panic!("rows that can't be read are refused")
    };
    assert_eq!(rows.len(), 2, "{rows:?}");
}

#[tokio::test]
async fn a_commitment_is_published_and_covers_the_roster() {
    let (centre, _store, _folder) = TestExam::empty().await;
    let one = centre
        .create_session(&plan("mock", 90, ""), &roster(), Contributions::System, "office")
        .await
        .expect("a session");
    let two = centre
        .create_session(&plan("mock", 90, ""), &roster(), Contributions::System, "office")
        .await
        .expect("a session");
    let commitments = [centre.commitment(&one).unwrap(), centre.commitment(&two).unwrap()];
    assert!(commitments.iter().all(|digest| digest.len() == 64));
    assert_ne!(commitments[0], commitments[1], "each session has a secret of its own");
    assert_eq!(centre.commitment("none"), None);
}

// --- The bank ---

const HEAD: &str = "standard = \"cloud-computing-engineer-2-02-10-12\"\nlevel = \"junior\"\nfunction = \"ethics\"\nknowledge = \"2.1.1\"\n";

fn asked(id: &str, key: &str, stem: &str) -> String {
    format!(
        "\n[[question]]\nid = \"{id}\"\nrevision = 1\nkind = \"single\"\nstem = \"{stem}\"\noptions = [\"甲\", \"乙\", \"丙\"]\n{key}\n\
         order = \"shuffle\"\ndifficulty = 0.5\nexplanation = \"因为如此，所以这样。\"\nsource = \"标准 2.1.1\"\n"
    )
}

async fn load(centre: &Arc<Centre>, files: &[(&str, String)]) -> Result<kaochang::service::bank::Loaded, String> {
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
    centre.load_bank(STANDARD, &files, false, "author").await.map_err(|error| error.to_string())
}

async fn own_questions(store: &Store) -> usize {
    question::approved(&mut store.read().await.unwrap(), STANDARD, false).await.unwrap().len()
}

#[tokio::test]
async fn a_bank_with_a_fault_is_loaded_not_at_all_and_the_fault_has_file_and_line() {
    let (centre, store, _folder) = TestExam::empty().await;
    let good = asked("own-1", "key = \"B\"", "问一");
    let faults = [
        (HEAD.to_owned() + &good + &asked("own-2", "", "问二"), "b.toml, line 18, question \"own-2\"", "\"key\""),
        (HEAD.to_owned() + &asked("own-2", "key = \"D\"", "问二"), "b.toml, line 6, question \"own-2\"", "option"),
        (
            HEAD.to_owned() + &asked("own-2", "key = \"AB\"", "问二"),
            "b.toml, line 6, question \"own-2\"",
            "exactly one",
        ),
        (HEAD.to_owned() + &asked("own-2", "key = \"A\"\nhint = \"x\"", "问二"), "b.toml, line 6", "\"hint\""),
        (HEAD.replace("2.1.1", "9.9.9") + &good, "b.toml", "9.9.9"),
        (HEAD.replace("ethics", "magic") + &good, "b.toml", "magic"),
        (HEAD.to_owned() + &good + "x = [", "b.toml, line 17", "TOML"),
    ];
    for (broken, place, reason) in faults {
        let files = [("a.toml", HEAD.to_owned() + &asked("own-0", "key = \"A\"", "问零")), ("b.toml", broken)];
        let message = load(&centre, &files).await.expect_err("it must be refused");
        assert!(message.contains(place) && message.contains(reason), "{place}, {reason}: {message}");
        assert_eq!(own_questions(&store).await, 0, "nothing is half-loaded");
    }
}

#[tokio::test]
async fn a_changed_revision_under_the_same_number_is_refused() {
    let (centre, store, _folder) = TestExam::empty().await;
    let file = |text: String| [("a.toml", HEAD.to_owned() + &text)];
    let original = asked("own-1", "key = \"B\"", "问一");
    let loaded = load(&centre, &file(original.clone())).await.expect("it is new");
    assert_eq!((loaded.added, loaded.unchanged), (1, 0));
    let again = load(&centre, &file(original.clone())).await.expect("it is there, word for word");
    assert_eq!((again.added, again.unchanged), (0, 1));
    for changed in [
        asked("own-1", "key = \"B\"", "问一，改"),
        asked("own-1", "key = \"C\"", "问一"),
        original.replace("丙", "丁"),
        original.replace("shuffle", "fixed"),
        original.replace("0.5", "0.6"),
    ] {
        // A new question in the same load is left out with it.
        let files = file(asked("own-0", "key = \"A\"", "问零") + &changed);
        let message = load(&centre, &files).await.expect_err("it must be refused");
        assert!(message.contains("own-1") && message.contains("revision 2"), "{message}");
        assert_eq!(own_questions(&store).await, 1);
    }
    let second = original.replace("revision = 1", "revision = 2").replace("\"B\"", "\"C\"");
    assert_eq!(load(&centre, &file(second)).await.expect("a new number is a new revision").added, 1);
    assert_eq!(own_questions(&store).await, 1, "the older one is retired");
}

#[tokio::test]
async fn what_ships_is_loaded_once() {
    let (centre, _store, _folder) = TestExam::empty().await;
    let loaded = shipped::load(&centre).await.expect("it ships");
    assert_eq!(loaded.added, 0, "every start finds it there");
    assert!(loaded.unchanged > 100);
}

#[test]
fn a_broken_standard_says_what_is_wrong() {
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../question-bank/standards/cloud-computing-engineer-2-02-10-12.json");
    let text = std::fs::read_to_string(file).expect("it ships");
    Standard::load(&text).expect("as it is, it loads");
    for (broken, wanted) in [
        ("{}".to_owned(), ""),
        (text.lines().take(900).collect::<Vec<_>>().join("\n"), "line"),
        (text.replacen("\"ethics\": 5", "\"ethics\": 6", 1), "101"),
        (text.replacen("\"ethics\": 5", "\"magic\": 5", 1), "magic"),
    ] {
        let message = Standard::load(&broken).expect_err("it must be refused").to_string();
        assert!(message.contains(wanted) && message.len() > 10, "{wanted}: {message}");
    }
}

/// A folder that a test does not use must not stay behind.
#[test]
fn folders_of_tests_are_removed() {
    let folder = Folder::new();
    let path = folder.0.clone();
    assert!(path.is_dir());
    drop(folder);
    assert!(!path.exists());
}
