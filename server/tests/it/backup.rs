//! Backups by the binary itself, of an exam that is under way in this process: whole, checked, without the keys.

use std::{
    path::Path,
    process::{Command, Output},
};

use kaochang::{
    service::{backup, verify::verify},
    store::{Store, response},
};

use crate::exam::{Folder, LEAD_MS, Setup, TestExam};

fn kaochang(data: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaochang"));
    command.env_clear().arg("--data").arg(data).args(arguments);
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    (status.success(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

/// The one file of this ending.
fn only(folder: &Path, ending: &str) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|file| file.to_string_lossy().ends_with(ending)).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[tokio::test]
async fn a_backup_is_taken_while_the_exam_runs() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    first.answer(1, "A").await;
    let kept = Folder::new();
    let (done, said) = kaochang(exam.data(), &["backup", &kept.0.display().to_string()]);
    assert!(done, "{said}");
    assert!(said.contains(&exam.session) && said.contains("running") && said.contains("1 responses"), "{said}");
    first.answer(2, "B").await;

    let file = only(&kept.0, ".sqlite");
    let manifest = backup::check(&file).expect("file and manifest agree");
    assert!(said.contains(&manifest.digest.to_string()), "{said}");
    assert_eq!(manifest.rows["sitting"], 2);
    let store = Store::open_read_only(&file).await.expect("it opens");
    let rows = response::of_session(&mut store.read().await.expect("a reader"), &exam.session).await.expect("answers");
    assert_eq!(rows.iter().map(|row| row.position).collect::<Vec<_>>(), [1], "what was saved before it began");
    let report = verify(&store, None, None).await.expect("the record can be read");
    assert!(report.problems.is_empty() && report.chains >= 3, "{report}");
    store.close().await;

    // The keys are elsewhere; what is in the backup says only which ones it needs.
    let keys = std::fs::read_to_string(exam.data().join("vault.key")).expect("the keys");
    let held = std::fs::read(&file).expect("the backup");
    let holds = |text: &str| held.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&exam.session) && !holds(&keys.trim()[..32]) && !holds(&keys.trim()[64..96]));
    assert!(said.contains(manifest.keys.as_deref().expect("a check")), "{said}");
    assert_eq!(std::fs::read_dir(&kept.0).expect("the folder").count(), 2, "file and manifest, and nothing half-made");
}

#[tokio::test]
async fn a_backup_is_never_written_over_and_a_changed_one_is_none() {
    let exam = TestExam::of(Setup::short()).await;
    let kept = Folder::new();
    let file = kept.0.join("one.sqlite");
    let arguments = ["backup", &file.display().to_string()];
    let (done, said) = kaochang(exam.data(), &arguments);
    assert!(done, "{said}");
    let (done, said) = kaochang(exam.data(), &arguments);
    assert!(!done && said.contains("is there already"), "{said}");
    let mut bytes = std::fs::read(&file).expect("the backup");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).expect("a changed bit");
    let refused = backup::check(&file).expect_err("it is another file").to_string();
    assert!(refused.contains("was damaged or changed"), "{refused}");
    let (done, said) = kaochang(&kept.0, &["backup", "two.sqlite"]);
    assert!(!done && said.contains("no database"), "{said}");
}

#[tokio::test]
async fn a_database_is_moved_only_when_nobody_serves_it() {
    let folder = Folder::new();
    let data = folder.0.display().to_string();
    let (_, said) = kaochang(&folder.0, &["session", "list"]);
    assert_eq!(said, "");
    let url = "postgres://nobody@127.0.0.1:1/none";
    let lock = std::fs::File::open(folder.0.join("kaochang.lock")).expect("the lock's file");
    lock.lock().expect("a server's lock");
    for (from, to) in [(data.as_str(), url), (url, data.as_str())] {
        let (done, said) = kaochang(&folder.0, &["copy-database", "--from", from, "--to", to]);
        assert!(!done && (said.contains("another kaochang") || said.contains("can't be opened")), "{said}");
    }
    drop(lock);
    for (from, to, wanted) in [
        (data.as_str(), data.as_str(), "take a backup"),
        (url, url, "take a backup"),
        (data.as_str(), url, "can't be opened"),
        ("nowhere", url, "no database in nowhere"),
    ] {
        let (done, said) = kaochang(&folder.0, &["copy-database", "--from", from, "--to", to]);
        assert!(!done && said.contains(wanted), "{from} {to}: {said}");
    }
}

#[tokio::test]
async fn a_backup_becomes_a_folder_that_goes_on() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    first.answer(1, "A").await;
    let kept = Folder::new();
    let file = kept.0.join("one.sqlite");
    let name = file.display().to_string();
    let (done, said) = kaochang(exam.data(), &["backup", &name]);
    assert!(done, "{said}");
    let (done, said) = kaochang(exam.data(), &["restore", &name]);
    assert!(!done && said.contains("a database in"), "{said}");

    let other = Folder::new();
    let keys = other.0.join("vault.key");
    std::fs::write(&keys, "7".repeat(128)).expect("other keys");
    let (done, said) = kaochang(&other.0, &["restore", &name]);
    assert!(!done && said.contains("the backup needs"), "{said}");
    std::fs::copy(exam.data().join("vault.key"), &keys).expect("the keys");
    let (done, said) = kaochang(&other.0, &["restore", &name]);
    assert!(done && said.contains("0 problems") && said.contains(&exam.session), "{said}");
    let (done, said) = kaochang(&other.0, &["session", "list"]);
    assert!(done && said.contains(&exam.session) && said.contains("Running"), "{said}");
    let store = Store::open_read_only(&other.0.join("kaochang.sqlite")).await.expect("it opens");
    let rows = response::of_session(&mut store.read().await.expect("a reader"), &exam.session).await.expect("answers");
    assert_eq!(rows, exam.responses(&first.sitting).await);
    assert_eq!(verify(&store, None, None).await.expect("the record can be read").problems, [""; 0]);

    // A byte of it changed: nothing is made of it.
    let mut bytes = std::fs::read(&file).expect("the backup");
    bytes[5_000] ^= 1;
    std::fs::write(&file, bytes).expect("a changed bit");
    let empty = Folder::new();
    let (done, said) = kaochang(&empty.0, &["restore", &name]);
    assert!(!done && said.contains("was damaged or changed"), "{said}");
    assert!(!empty.0.join("kaochang.sqlite").exists() && !empty.0.join("kaochang.sqlite.part").exists());
}
