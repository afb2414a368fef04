//! What ships with the product: both standards, the bank and the blueprints, read from their files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use question_bank::bank::{self, coverage::Coverage, lint};
use question_bank::blueprint::Blueprint;
use question_bank::chance::Secret;
use question_bank::checker;
use question_bank::drawer;
use question_bank::earlier::EarlierPapers;
use question_bank::evidence::{Drawn, Inputs};
use question_bank::key::Key;
use question_bank::paper::Snapshot;
use question_bank::question::Question;
use question_bank::roster::Roster;
use question_bank::standard::{Standard, WeightColumn};

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

/// Each names nothing that the standard and the bank that ship don't have.
#[test]
fn every_blueprint_that_ships_compiles() {
    let (standard, questions) = shipped();
    let ids: BTreeSet<_> = questions.iter().map(|question| &question.revision.question).collect();
    let files = toml_files(&root().join("blueprints"));
    assert_eq!(files.len(), 2);
    for (name, text) in files {
        assert!(text.starts_with("#:schema ../blueprint.schema.json\n"), "{name}: an editor finds the schema");
        let blueprint: Blueprint = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        blueprint.compile().unwrap_or_else(|error| panic!("{name}: {error}"));
        let column = standard.column(&blueprint.level, blueprint.direction.as_deref()).expect("of this standard");
        assert_eq!(blueprint.points, column.weights, "{name}");
        for limit in &blueprint.limits {
            let content = standard.content(blueprint.level_of(limit), &limit.function).expect("of this standard");
            let known = content.work_contents.iter().any(|one| {
                Some(&one.code) == limit.work_content.as_ref()
                    || one.knowledge.iter().any(|point| Some(&point.code) == limit.knowledge.as_ref())
            });
            assert!(known, "{name}: {limit:?}");
        }
        let lower = blueprint.lower_levels.iter().flat_map(|lower| &lower.levels);
        assert!(lower.into_iter().all(|level| standard.level(level).is_some()), "{name}");
        let named = blueprint.enemies.iter().flatten().chain(&blueprint.must).chain(&blueprint.never);
        let unknown: Vec<_> = named.filter(|id| !ids.contains(id)).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
    }
}

#[test]
fn the_blueprint_of_junior_operations_is_the_default() {
    let text = fs::read_to_string(root().join("blueprints/junior-operations.toml")).expect("the file is there");
    let blueprint: Blueprint = toml::from_str(&text).expect("it parses");
    let default = Blueprint::default_for(&standard(NATIONAL), "junior", Some("operations")).expect("it has weights");
    assert_eq!(blueprint, default.aimed());
}

/// The example is for copying from: whatever an author can say stands in it.
#[test]
fn the_example_leaves_no_field_out() {
    let text = fs::read_to_string(root().join("blueprints/example-all-fields.toml")).expect("the file is there");
    let schema = fs::read_to_string(root().join("blueprint.schema.json")).expect("the file is there");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let written: serde_json::Value = toml::from_str(&text).expect("it parses");
    let fields = |schema: &serde_json::Value| -> BTreeSet<String> {
        schema["properties"].as_object().expect("a table").keys().cloned().collect()
    };
    let used = |list: &[&serde_json::Value]| -> BTreeSet<String> {
        list.iter().flat_map(|table| table.as_object().expect("a table").keys().cloned()).collect()
    };
    let all = |list: &serde_json::Value| -> BTreeSet<String> {
        used(&list.as_array().expect("a list").iter().collect::<Vec<_>>())
    };
    assert_eq!(used(&[&written]), fields(&schema));
    let of = |name: &str| fields(&schema["$defs"][name]);
    assert_eq!(all(&written["kinds"]), of("KindQuota"));
    assert_eq!(used(&[&written["difficulty"]]), of("Difficulty"));
    assert_eq!(used(&[&written["difficulty"]["mean"]]), of("Mean"));
    assert_eq!(all(&written["difficulty"]["bands"]), of("Band"));
    assert_eq!(used(&[&written["knowledge"]]), of("Span"));
    assert_eq!(all(&written["limits"]), of("Limit"));
    assert_eq!(used(&[&written["lower_levels"]]), of("LowerLevels"));
    assert_eq!(all(&written["earlier"]), of("Earlier"));
    assert_eq!(used(&[&written["forms"]]), of("Forms"));
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

/// At least three times what the largest weight of any column takes, in each kind, and three questions for each knowledge
/// point.
#[test]
fn the_shipped_bank_covers_every_column() {
    let (standard, questions) = shipped();
    let coverage = Coverage::of(&standard, questions.iter().map(|question| &question.revision));
    let mut short = Vec::new();
    for cell in &coverage.cells {
        let columns = standard.columns.iter().filter(|column| column.level == cell.level);
        let weights = columns.flat_map(|column| &column.weights).filter(|(function, _)| *function == cell.function);
        let weight = weights.map(|(_, weight)| *weight).max().unwrap_or(0);
        let wanted = [weight / 5, weight / 5 * 3, weight / 5].map(|of_paper| of_paper * 3);
        let count = cell.count();
        if count.kinds.iter().zip(wanted).any(|(count, wanted)| *count < wanted) {
            short.push(format!("{} {}: {:?} of {wanted:?}", cell.level, cell.function, count.kinds));
        }
        let points = cell.points.iter().filter(|point| point.count.total() < 3);
        short.extend(points.map(|point| format!("{} {} {}", cell.level, cell.function, point.code)));
    }
    assert!(short.is_empty(), "{}", short.join("\n"));
    assert!(questions.len() >= 1195, "{}", questions.len());
}

#[test]
fn the_shipped_bank_keeps_the_rules_of_writing() {
    let (standard, questions) = shipped();
    let sentences: Vec<_> = lint::findings(&standard, &questions).iter().map(ToString::to_string).collect();
    assert!(sentences.is_empty(), "{}", sentences.join("\n"));
}

/// Somebody who saw neither key nor explanation answered every question as the key has it.
#[test]
fn the_blind_pass_agrees_with_every_key() {
    let (_, questions) = shipped();
    let record = fs::read_to_string(root().join("bank").join(NATIONAL).join("blind.csv")).expect("the file is there");
    let rows = record.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let answers: BTreeMap<(&str, &str), &str> = rows.map(|row| ((row[0], row[1]), row[4])).collect();
    assert_eq!(answers.len(), questions.len());
    for Question { revision, key, .. } in &questions {
        let number = revision.revision.to_string();
        let answer = answers.get(&(revision.question.as_str(), number.as_str()));
        let answer = answer.unwrap_or_else(|| panic!("{} was not answered", revision.question));
        let answered = Key::parse(revision.kind, revision.option_count(), answer);
        assert_eq!(answered.as_ref(), Ok(key), "{}", revision.question);
    }
}

/// For every column, under the weights alone and with the default difficulty besides.
#[test]
fn papers_from_the_shipped_bank_conform() {
    const PAPERS: usize = 200;
    let (standard, questions) = shipped();
    let bank = checker::Bank::of(questions.iter().map(|question| &question.revision));
    let default = |column: &WeightColumn| {
        Blueprint::default_for(&standard, &column.level, column.direction.as_deref()).expect("it is one of its columns")
    };
    for blueprint in standard.columns.iter().map(default).flat_map(|plain| [plain.clone(), plain.aimed()]) {
        let level = blueprint.level.clone();
        let inputs = Inputs {
            engine: drawer::ENGINE.to_owned(),
            blueprint,
            snapshot: Snapshot::of(questions.iter().map(|question| &question.revision), &level),
            roster: Roster {
                seated: Vec::new(),
                reserves: (0..PAPERS).map(|number| format!("sitting-{number}")).collect(),
            },
            earlier: EarlierPapers::default(),
        };
        let secret = Secret::join(b"first officer", b"second officer");
        let papers = inputs.draw(&secret, NonZeroUsize::MIN, &|_| {}).unwrap_or_else(|refusal| panic!("{refusal}"));
        for Drawn { sitting, paper, .. } in papers.iter() {
            let conformance = checker::check(&paper, &inputs.blueprint, &inputs.earlier, Some(&sitting), &bank);
            assert_eq!(conformance.map(|one| (one.questions, one.total_milli)), Ok((100, 100_000)), "{sitting}");
        }
        let digests: BTreeSet<_> = papers.iter().map(|drawn| drawn.paper.digest()).collect();
        assert_eq!(digests.len(), PAPERS, "no two candidates have the same paper");
    }
}
