//! What the tests of several modules share: a small synthetic bank, its blueprint, and the standards that ship.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::blueprint::{Blueprint, KindQuota, Policy};
use crate::paper::{Item, Paper};
use crate::question::{Kind, OptionOrder, Revision, Tags};
use crate::standard::Standard;

pub(crate) mod oracle;
pub(crate) mod uniform;

pub(crate) const NATIONAL: &str = include_str!("../standards/cloud-computing-engineer-2-02-10-12.json");
pub(crate) const ONE_PLUS_X: &str = include_str!("../standards/1x-cloud-platform-ops-dev-2019.json");

pub(crate) fn national() -> Standard {
    Standard::load(NATIONAL).expect("the national standard loads")
}

/// A revision of four options; every third question keeps their order.
pub(crate) fn revision(function: &str, kind: Kind, number: u32) -> Revision {
    let choice = ["one", "two", "three", "four"].map(str::to_owned).to_vec();
    let fixed = kind == Kind::TrueFalse || number.is_multiple_of(3);
    Revision {
        question: format!("{function}-{kind}-{number:02}"),
        revision: 1 + number % 2,
        kind,
        tags: Tags {
            standard: "synthetic".to_owned(),
            level: "junior".to_owned(),
            function: function.to_owned(),
            work_content: "1.1".to_owned(),
            knowledge: "1.1.1".to_owned(),
        },
        stem: format!("Question {number}"),
        options: if kind == Kind::TrueFalse { Vec::new() } else { choice },
        order: if fixed { OptionOrder::Fixed } else { OptionOrder::Shuffle },
        difficulty_permille: 600,
        difficulty_at: BTreeMap::new(),
    }
}

/// Ten questions of each kind in each of the functions `alpha`, `beta` and `gamma`.
pub(crate) fn bank() -> Vec<Revision> {
    let cells = ["alpha", "beta", "gamma"].into_iter().flat_map(|function| Kind::ALL.map(|kind| (function, kind)));
    cells.flat_map(|(function, kind)| (0..10).map(move |number| revision(function, kind, number))).collect()
}

/// Twenty points: alpha 5, beta 10, gamma 5; true/false : single : multiple = 4 : 12 : 4.
pub(crate) fn blueprint() -> Blueprint {
    let quota = |kind, count| KindQuota { kind, count, points_milli: 1000, marking: Policy::Exact };
    Blueprint {
        points: [("alpha", 5), ("beta", 10), ("gamma", 5)].map(|(id, points)| (id.to_owned(), points)).to_vec(),
        kinds: vec![quota(Kind::TrueFalse, 4), quota(Kind::SingleChoice, 12), quota(Kind::MultipleChoice, 4)],
        ..Blueprint::bare("synthetic", "junior")
    }
}

/// A paper of these questions: the kinds in blocks, ascending by id within, all options in the order of the bank.
pub(crate) fn paper_of(chosen: &[&Revision], blueprint: &Blueprint) -> Paper {
    let mut chosen = chosen.to_vec();
    chosen.sort_by_key(|revision| (revision.kind, &revision.question));
    let points_milli =
        |kind| blueprint.kinds.iter().find(|quota| quota.kind == kind).map_or(0, |quota| quota.points_milli);
    let items = chosen.iter().zip(1..).map(|(revision, position)| Item {
        position,
        question: revision.question.clone(),
        revision: revision.revision,
        kind: revision.kind,
        function: revision.tags.function.clone(),
        points_milli: points_milli(revision.kind),
        options: (0..revision.option_count()).collect(),
    });
    Paper { items: items.collect() }
}

/// Asserts that a text is what a file of the crate holds. With `KAOCHANG_BLESS=1` the file is written instead.
pub(crate) fn assert_golden(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("KAOCHANG_BLESS").is_some() {
        fs::write(&path, found).expect("the folder is there");
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == golden,
        "{file} holds something else. Papers that were drawn before can't be drawn again after such a change: give the \
         engine another name, then write the file with KAOCHANG_BLESS=1. Found:\n{found}"
    );
}
