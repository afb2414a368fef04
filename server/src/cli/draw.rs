//! `kaochang draw` and `kaochang verify`: papers from files to a file, without a database, for whoever wants to see with
//! their own machine that a draw is what it claims to be.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use question_bank::{
    bank,
    blueprint::Blueprint,
    chance::Secret,
    checker,
    digest::{Digest, DigestOf},
    drawer::ENGINE,
    earlier::EarlierPapers,
    evidence::{self, Drawn, Evidence, Inputs},
    paper::Snapshot,
    question::Revision,
    roster::{Place, Roster, Seated},
};
use serde::Deserialize;

use super::bank::files;
use crate::{
    service::draw::{sentences, threads},
    shipped,
    world::hex,
};

/// `kaochang draw`
#[derive(Debug, clap::Args)]
pub struct Args {
    /// TOML: what every paper contains
    #[arg(long)]
    blueprint: PathBuf,
    /// Folder with the bank's TOML files
    #[arg(long)]
    bank: PathBuf,
    /// Id of the standard
    #[arg(long)]
    standard: String,
    /// CSV: `sitting,candidate,room,row,column`, rows and columns from 0; a row without a place is a reserve
    #[arg(long)]
    roster: PathBuf,
    /// JSON: papers of earlier sessions, `{"named": {…}, "seen": {…}}`
    #[arg(long)]
    earlier: Option<PathBuf>,
    /// File with a contribution to the secret; twice, the order counts
    #[arg(long, required = true)]
    contribution: Vec<PathBuf>,
    /// Where the evidence goes: it holds the secret, so keep it closed until the exam is over
    #[arg(long)]
    out: PathBuf,
}

/// `kaochang verify`
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The evidence of a session, JSON
    evidence: PathBuf,
    /// The commitment as it was published before the exam
    #[arg(long)]
    commitment: Option<String>,
}

/// A line of the roster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sitting: String,
    #[serde(default)]
    candidate: Option<Digest>,
    #[serde(default)]
    room: Option<u32>,
    #[serde(default)]
    row: Option<u32>,
    #[serde(default)]
    column: Option<u32>,
}

/// Draws from files.
pub fn draw(args: &Args) -> anyhow::Result<()> {
    let contributions = contributions(&args.contribution)?.context("give --contribution twice, a file each")?;
    let blueprint: Blueprint = toml::from_str(&read(&args.blueprint)?)
        .with_context(|| format!("{} is no blueprint", args.blueprint.display()))?;
    let bank = questions(&args.bank, &args.standard)?;
    let earlier = match &args.earlier {
        None => EarlierPapers::default(),
        Some(path) => {
            let unreadable = || format!("{} is no list of earlier papers", path.display());
            serde_json::from_str(&read(path)?).with_context(unreadable)?
        }
    };
    let roster = roster(&args.roster)?;
    let snapshot = Snapshot::of(bank.iter(), &blueprint.level);
    let inputs = Inputs { engine: ENGINE.to_owned(), blueprint, snapshot, roster, earlier };
    let secret = Secret::join(&contributions[0], &contributions[1]);
    let papers: Vec<Drawn> = inputs.draw(&secret, threads(), &|_| ())?.iter().collect();
    check(&papers, &inputs, &bank)?;
    let (digests, commitment, count) = (inputs.digests(), inputs.commitment(&secret), papers.len());
    let contributions = contributions.each_ref().map(|bytes| hex(bytes));
    let evidence = Evidence { commitment, digests, contributions, inputs, late: Vec::new(), papers };
    std::fs::write(&args.out, serde_json::to_string(&evidence)?)
        .with_context(|| format!("{} can't be written", args.out.display()))?;
    println!("{count} papers drawn, each checked; commitment {commitment}");
    println!("{} holds the secret: publish the commitment now, and this file after the exam", args.out.display());
    Ok(())
}

/// Draws the papers of an evidence file again and says what was confirmed.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<()> {
    let unreadable = || format!("{} is no evidence of a draw", args.evidence.display());
    let evidence: Evidence = serde_json::from_str(&read(&args.evidence)?).with_context(unreadable)?;
    let published = args.commitment.as_deref().map(|text| {
        text.trim().to_lowercase().parse::<Digest>().with_context(|| format!("{text:?} is no commitment of 64 digits"))
    });
    let published = published.transpose()?;
    let mut problems = Vec::new();
    if let Some(published) = published.filter(|published| *published != evidence.commitment) {
        problems.push(format!(
            "the evidence names the commitment {}, but {published} was published: it is of another draw",
            evidence.commitment
        ));
    }
    match evidence::verify(&evidence, threads()) {
        Ok(verified) => {
            println!("{verified}");
            let digests = &evidence.digests;
            println!("engine    {}", digests.engine);
            println!("bank      {}", digests.snapshot);
            println!("blueprint {}", digests.blueprint);
            println!("roster    {}", digests.roster);
            println!("earlier   {}", digests.earlier);
        }
        Err(mismatches) => problems.extend(mismatches.iter().map(ToString::to_string)),
    }
    if !problems.is_empty() {
        for problem in problems {
            eprintln!("✗ {problem}");
        }
        bail!("the papers are not what was committed to");
    }
    match published {
        Some(_) => println!("the commitment is the one that was published"),
        None => println!(
            "compare the commitment with the one that was published before the exam, or give that by --commitment: \
             without it this says only that the file agrees with itself"
        ),
    }
    Ok(())
}

/// Both contributions from their files, as bytes; nothing, where none is given.
pub fn contributions(paths: &[PathBuf]) -> anyhow::Result<Option<[Vec<u8>; 2]>> {
    let [first, second] = paths else {
        return if paths.is_empty() { Ok(None) } else { bail!("give --contribution twice, a file each") };
    };
    let bytes = |path: &PathBuf| {
        let bytes = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
        if bytes.is_empty() {
            bail!("{} is empty; a contribution is something", path.display());
        }
        Ok(bytes)
    };
    Ok(Some([bytes(first)?, bytes(second)?]))
}

fn check(papers: &[Drawn], inputs: &Inputs, bank: &[Revision]) -> anyhow::Result<()> {
    let bank = checker::Bank::of(bank);
    for drawn in papers {
        checker::check(&drawn.paper, &inputs.blueprint, &inputs.earlier, Some(&drawn.sitting), &bank).map_err(
            |violations| anyhow::anyhow!("the paper of {} does not conform: {}", drawn.sitting, sentences(&violations)),
        )?;
    }
    Ok(())
}

fn questions(folder: &Path, standard: &str) -> anyhow::Result<Vec<Revision>> {
    let standard = &shipped::standard(standard)?;
    let (questions, problems) = bank::read(standard, &files(folder)?);
    if !problems.is_empty() {
        for problem in problems {
            eprintln!("{problem}");
        }
        bail!("the bank has problems; correct them first");
    }
    Ok(questions.into_iter().map(|question| question.revision).collect())
}

fn roster(path: &Path) -> anyhow::Result<Roster> {
    let text = read(path)?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut roster = Roster::default();
    let mut lines = BTreeMap::new();
    for (line, row) in (2_u32..).zip(reader.deserialize::<Line>()) {
        let row = row.with_context(|| format!("{} can't be read", path.display()))?;
        if let Some(first) = lines.insert(row.sitting.clone(), line) {
            bail!("{}, row {line}: the sitting {} stands in row {first} already", path.display(), row.sitting);
        }
        match (row.room, row.row, row.column) {
            (None, None, None) => roster.reserves.push(row.sitting),
            (Some(room), Some(at), Some(column)) => {
                // Who gives no digest of the candidate binds the sitting alone.
                let unnamed = || DigestOf::new("kaochang/candidate/1").text(&row.sitting).finish();
                let candidate = row.candidate.unwrap_or_else(unnamed);
                let place = Place { room, row: at, column };
                roster.seated.push(Seated { sitting: row.sitting, candidate, place });
            }
            _ => bail!("{}, row {line}: a place is room, row and column; a reserve has none of them", path.display()),
        }
    }
    Ok(roster)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
}
