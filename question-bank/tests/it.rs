//! What ships with the product: both standards and the bank, read from their files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use question_bank::bank;
use question_bank::blueprint::Blueprint;
use question_bank::checker;
use question_bank::drawer::{self, Secret};
use question_bank::earlier::EarlierPapers;
use question_bank::paper::Snapshot;
use question_bank::question::Question;
use question_bank::standard::Standard;

const NATIONAL: &str = "cloud-computing-engineer-2-02-10-12";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn standard(id: &str) -> Standard {
    let path = root().join("standards").join(format!("{id}.json"));
    Standard::load(&fs::read_to_string(path).expect("the file is there")).expect("it loads")
}

/// Every TOML file below a folder, sorted by path.
fn toml_files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            files.extend(toml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.strip_prefix(root()).expect("below the crate").display().to_string();
            files.push((name, fs::read_to_string(&path).expect("text in UTF-8")));
        }
    }
    files.sort();
    files
}

/// The bank that ships, which must be without a problem.
fn shipped() -> (Standard, Vec<Question>) {
    let standard = standard(NATIONAL);
    let (questions, problems) = bank::read(&standard, &toml_files(&root().join("bank")));
    let sentences: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "the bank that ships has problems:\n{}", sentences.join("\n"));
    (standard, questions)
}

#[test]
fn every_standard_that_ships_loads() {
    for entry in fs::read_dir(root().join("standards")).expect("the folder is there") {
        let path = entry.expect("its entries can be read").path();
        let name = path.file_stem().expect("a file").to_str().expect("plain letters").to_owned();
        assert_eq!(standard(&name).id, name, "a standard's file is named by its id");
    }
}

/// One folder for each standard, level and function; one file for each knowledge point.
#[test]
fn every_bank_file_stands_where_its_tags_say() {
    let standard = standard(NATIONAL);
    let mut by_tags: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for file in toml_files(&root().join("bank")) {
        let folder = Path::new(&file.0).parent().expect("a folder").to_path_buf();
        for question in bank::read(&standard, std::slice::from_ref(&file)).0 {
            let tags = question.revision.tags;
            let expected = ["bank", &tags.standard, &tags.level, &tags.function].iter().collect::<PathBuf>();
            assert_eq!(folder, expected, "{}", file.0);
            by_tags.entry((tags.level, tags.function, tags.knowledge)).or_default().insert(file.0.clone());
        }
    }
    for (tags, files) in by_tags {
        assert_eq!(files.len(), 1, "{tags:?} is spread over {files:?}");
    }
}

/// Every knowledge point of junior operations has at least one question.
#[test]
fn the_shipped_bank_covers_junior_operations() {
    let (standard, questions) = shipped();
    let column = standard.column("junior", Some("operations")).expect("the standard has the column");
    let asked: BTreeSet<_> = questions
        .iter()
        .map(|question| &question.revision.tags)
        .map(|tags| (tags.level.as_str(), tags.function.as_str(), tags.knowledge.as_str()))
        .collect();
    let mut missing = Vec::new();
    for (function, _) in &column.weights {
        let content = standard.content("junior", function).expect("a weighted function has content");
        let points = content.work_contents.iter().flat_map(|work_content| &work_content.knowledge);
        missing.extend(
            points
                .filter(|point| !asked.contains(&("junior", function.as_str(), point.code.as_str())))
                .map(|point| format!("{function} {} {}", point.code, point.text)),
        );
    }
    assert!(missing.is_empty(), "knowledge points without a question:\n{}", missing.join("\n"));
}

#[test]
fn a_thousand_papers_from_the_shipped_bank_conform() {
    let (standard, questions) = shipped();
    let blueprint =
        Blueprint::default_for(&standard, "junior", Some("operations")).expect("the standard has the weights");
    let compiled = blueprint.compile().expect("the default compiles");
    let snapshot = Snapshot::of(questions.iter().map(|question| &question.revision));
    if let Err(shortages) = drawer::supply(&compiled, &snapshot, "junior") {
        let sentences: Vec<_> = shortages.iter().map(ToString::to_string).collect();
        panic!("the bank that ships can't fill a paper:\n{}", sentences.join("\n"));
    }
    let bank = checker::Bank::of(questions.iter().map(|question| &question.revision));
    let secret = Secret::join(b"first officer", b"second officer");
    let mut digests = BTreeSet::new();
    for number in 0..1000 {
        let sitting = format!("sitting-{number}");
        let paper = drawer::draw(&compiled, &snapshot, "junior", &secret, &sitting).expect("the supply suffices");
        let conformance = checker::check(&paper, &blueprint, &EarlierPapers::default(), Some(&sitting), &bank);
        assert_eq!(conformance.map(|one| (one.questions, one.total_milli)), Ok((100, 100_000)), "{sitting}");
        digests.insert(paper.digest());
    }
    assert_eq!(digests.len(), 1000, "no two candidates have the same paper");
}
