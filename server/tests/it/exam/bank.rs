//! The bank as its authors wrote it, read by the tests' own code: keys and explanations straight from the TOML files.

use std::{collections::BTreeMap, path::Path};

/// A question, as far as the tests need it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Indexes of the right options, in the file's order; of a true/false question 0 is true.
    pub right: Vec<u8>,
    /// Why.
    pub explanation: String,
    /// Stem and options: what candidates see.
    pub shown: String,
}

/// Every question of the standard, by id.
pub fn questions() -> BTreeMap<String, Asked> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../question-bank/bank").join(super::STANDARD);
    let mut questions = BTreeMap::new();
    read(&folder, &mut questions);
    assert!(questions.len() >= 100, "the bank is there");
    questions
}

fn read(folder: &Path, into: &mut BTreeMap<String, Asked>) {
    for entry in std::fs::read_dir(folder).expect("the bank's folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let file: toml::Table = std::fs::read_to_string(&path).expect("a file").parse().expect("TOML");
            for question in file["question"].as_array().expect("questions") {
                let text = |field: &str| question[field].as_str().expect("a text");
                let right = match text("key") {
                    "true" => vec![0],
                    "false" => vec![1],
                    letters => letters.bytes().map(|letter| letter - b'A').collect(),
                };
                let options = question.get("options").and_then(toml::Value::as_array).into_iter().flatten();
                let options = options.filter_map(toml::Value::as_str).collect::<Vec<_>>().join("\n");
                let shown = format!("{}\n{options}", text("stem"));
                let asked = Asked { right, explanation: text("explanation").to_owned(), shown };
                assert!(into.insert(text("id").to_owned(), asked).is_none(), "{} twice", text("id"));
            }
        }
    }
}
