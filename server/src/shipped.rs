//! What ships with the product: the standards and a public bank. They are in the binary, so that it runs from any folder.

use anyhow::Context;
use question_bank::standard::{Standard, StandardError};
use rust_embed::Embed;

use crate::service::{
    Centre,
    bank::{BankError, Loaded},
};

#[derive(Embed)]
#[folder = "../question-bank/standards"]
struct Standards;

#[derive(Embed)]
#[folder = "../question-bank/bank"]
struct Bank;

/// Every standard in the binary.
pub fn standards() -> Result<Vec<Standard>, StandardError> {
    Standards::iter()
        .filter(|name| name.ends_with(".json"))
        .map(|name| Standard::load(&text(Standards::get(&name))))
        .collect()
}

/// One of them; the error names all.
pub fn standard(id: &str) -> anyhow::Result<Standard> {
    let standards = standards()?;
    let known: Vec<String> = standards.iter().map(|its| format!("{:?}", its.id)).collect();
    let standard = standards.into_iter().find(|its| its.id == id);
    standard.with_context(|| format!("there is no standard {id:?}; known are: {}", known.join(", ")))
}

/// Paths and texts of the bank's files for one standard.
pub fn bank(standard: &str) -> Vec<(String, String)> {
    let folder = format!("{standard}/");
    let names = Bank::iter().filter(|name| name.starts_with(&folder) && name.ends_with(".toml"));
    names.map(|name| (name.to_string(), text(Bank::get(&name)))).collect()
}

/// Loads all of it; what is there already stays as it is.
pub async fn load(centre: &Centre) -> Result<Loaded, BankError> {
    let mut loaded = Loaded::default();
    let standards = standards().map_err(|error| BankError::Standard(error.to_string()))?;
    for standard in standards {
        centre.load_standard(&standard, "system").await?;
        let its = centre.load_bank(&standard.id, &bank(&standard.id), true, "system").await?;
        loaded.added += its.added;
        loaded.unchanged += its.unchanged;
    }
    Ok(loaded)
}

fn text(file: Option<rust_embed::EmbeddedFile>) -> String {
    file.map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default()
}
