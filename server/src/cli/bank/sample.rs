//! `kaochang bank sample`: some questions picked by lot, with keys, for a reader to judge the bank by.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use question_bank::{
    bank,
    digest::DigestOf,
    question::{Kind, Question},
};

use super::files;
use crate::shipped;

#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Folder with TOML files, one for each knowledge point
    folder: PathBuf,
    /// Id of the standard
    #[arg(long)]
    standard: String,
    /// How many
    #[arg(long, default_value_t = 30)]
    count: usize,
    /// Another word picks others
    #[arg(long, default_value = "1")]
    seed: String,
}

/// Prints them as Markdown.
pub fn sample(args: &SampleArgs) -> anyhow::Result<()> {
    let standard = &shipped::standard(&args.standard)?;
    let (mut questions, problems) = bank::read(standard, &files(&args.folder)?);
    if !problems.is_empty() {
        bail!("the bank has {} problems; `kaochang bank check` names them", problems.len());
    }
    // The smallest digests of seed and id: a lot that anybody can repeat.
    let lot = |question: &Question| {
        DigestOf::new("kaochang-sample/1").text(&args.seed).text(&question.revision.question).finish().to_string()
    };
    questions.sort_by_cached_key(lot);
    for (number, question) in (1..).zip(questions.iter().take(args.count)) {
        print!("{}", markdown(number, question));
    }
    Ok(())
}

fn markdown(number: usize, question: &Question) -> String {
    let Question { revision, key, commentary } = question;
    let (kind, right) = match revision.kind {
        Kind::TrueFalse => ("判断", if key.right(0) { "正确" } else { "错误" }.to_owned()),
        kind => {
            let letters = ('A'..).zip(0..revision.option_count());
            let right = letters.filter(|(_, option)| key.right(*option)).map(|(letter, _)| letter).collect();
            (if kind == Kind::SingleChoice { "单选" } else { "多选" }, right)
        }
    };
    let options: Vec<String> =
        ('A'..).zip(&revision.options).map(|(letter, option)| format!("- {letter}. {option}\n")).collect();
    let options = options.concat();
    let tags = &revision.tags;
    let difficulty = f64::from(revision.difficulty_permille) / 1000.0;
    format!(
        "## {number}. {kind} · `{}`\n\n{} · {} · {} · 预估难度 {difficulty:.2}\n\n{}\n\n{options}\n**答案：{right}**\n\n{}\n\n出处：{}\n\n",
        revision.question,
        tags.level,
        tags.function,
        tags.knowledge,
        revision.stem.trim(),
        commentary.explanation.trim(),
        commentary.source
    )
}
