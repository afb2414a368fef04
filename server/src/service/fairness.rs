//! The fairness sheet of a session, made once for each state of its papers.

use std::{collections::HashMap, sync::Arc};

use kaochang_app::view::{
    FairnessAssumptions, FairnessUncertainty, FairnessView, FunctionSpread, PaperScore, ScoreSpread, TrueSpread,
};
use question_bank::{
    fairness::{self, Assumptions, FairnessSheet, PaperOf, Quantiles, Range},
    paper::Paper,
};

use super::{Centre, Refusal, desk::Sheet, draft::function_name, hall::Session, sitting::as_u32};
use crate::store::{inconsistent, question};

/// The page shows the so many lowest and as many of the highest.
const EXTREMES: usize = 10;

impl Centre {
    /// The sheet as a page.
    pub async fn fairness_view(&self, session_id: &str) -> Result<FairnessView, Refusal> {
        let made = self.sheet(session_id).await?;
        let hall = self.hall();
        let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
        let sheet = &*made.sheet;
        let doubt = &sheet.uncertainty;
        let assumed = sheet.assumptions;
        Ok(FairnessView {
            session: self.head_of(session),
            papers: as_u32(made.papers),
            questions: doubt.questions,
            unrated: doubt.unrated,
            max_milli: made.max_milli,
            assumptions: FairnessAssumptions {
                ability_sd_milli: assumed.ability_sd_milli.into(),
                rating_sd_permille: assumed.rating_sd_permille.into(),
                unrated_permille: assumed.unrated_permille.into(),
                draws: assumed.draws.into(),
            },
            below: spread(&sheet.whole.below),
            passing: spread(&sheet.whole.passing),
            above: spread(&sheet.whole.above),
            uncertainty: FairnessUncertainty {
                paper_error_milli: doubt.paper_error_milli,
                pair_error_milli: doubt.pair_error_milli,
                true_spread: quantiles(doubt.true_spread),
                halving_responses: doubt.halving_responses,
                halving_candidates: doubt.halving_candidates,
                true_spread_halved: quantiles(doubt.true_spread_halved),
            },
            functions: functions(session, sheet),
            extremes: extremes(session, sheet),
            made_text: self.date_text(made.made_at_ms),
        })
    }

    /// The sheet as a file of comma-separated values.
    pub async fn fairness_csv(&self, session_id: &str) -> Result<String, Refusal> {
        Ok(self.sheet(session_id).await?.sheet.to_csv())
    }

    async fn sheet(&self, session_id: &str) -> Result<Sheet, Refusal> {
        let mut sheets = self.desk.sheets.lock().await;
        let (papers, functions, standard, level) = {
            let hall = self.hall();
            let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
            let papers: Vec<(String, Arc<Paper>)> =
                session.sittings.values().map(|sitting| (sitting.id.clone(), sitting.paper.clone())).collect();
            let functions: Vec<String> = session.blueprint.points.iter().map(|(id, _)| id.clone()).collect();
            (papers, functions, session.standard.id.clone(), session.level.clone())
        };
        if let Some(known) = sheets.get(session_id).filter(|known| known.papers == papers.len()) {
            return Ok(known.clone());
        }
        let bank = question::of_standard(&mut self.store.read().await?, &standard).await?;
        let (count, made_at_ms) = (papers.len(), self.world.wall_ms());
        let max_milli = papers.first().map_or(0, |(_, paper)| paper.items.iter().map(|item| item.points_milli).sum());
        let made = tokio::task::spawn_blocking(move || {
            let ratings: HashMap<(&str, u32), u32> =
                bank.iter().map(|r| ((r.question.as_str(), r.revision), r.difficulty_permille_at(&level))).collect();
            let papers: Vec<PaperOf<'_>> = papers.iter().map(|(sitting, paper)| PaperOf { sitting, paper }).collect();
            let functions: Vec<&str> = functions.iter().map(String::as_str).collect();
            let rating = |question: &str, revision| ratings.get(&(question, revision)).copied();
            fairness::sheet(&papers, rating, &functions, Assumptions::default())
        });
        let sheet = Arc::new(made.await.map_err(|_| inconsistent("a fairness sheet that can't be made"))?);
        let made = Sheet { papers: count, sheet, max_milli, made_at_ms };
        sheets.insert(session_id.to_owned(), made.clone());
        Ok(made)
    }
}

fn functions(session: &Session, sheet: &FairnessSheet) -> Vec<FunctionSpread> {
    let points = |id: &String| {
        session.blueprint.points.iter().find(|(function, _)| function == id).map_or(0, |(_, points)| *points)
    };
    let parts = sheet.functions.iter().zip(&sheet.by_function);
    parts
        .map(|(id, ranges)| FunctionSpread {
            function: function_name(&session.standard, id),
            points: points(id),
            below: spread(&ranges.below),
            passing: spread(&ranges.passing),
            above: spread(&ranges.above),
        })
        .collect()
}

/// The lowest and the highest papers, from the lowest on.
fn extremes(session: &Session, sheet: &FairnessSheet) -> Vec<PaperScore> {
    let mut papers: Vec<_> = sheet.papers.iter().collect();
    papers.sort_by_key(|paper| paper.whole.passing_milli);
    if papers.len() > 2 * EXTREMES {
        papers.drain(EXTREMES..papers.len() - EXTREMES);
    }
    let score = |paper: &fairness::PaperScores| {
        let sitting = session.sittings.get(&paper.sitting)?;
        Some(PaperScore {
            admission_no: sitting.admission_no.clone(),
            room: session.rooms[&sitting.room].number,
            seat: sitting.seat,
            below_milli: paper.whole.below_milli,
            passing_milli: paper.whole.passing_milli,
            above_milli: paper.whole.above_milli,
            error_milli: paper.error_milli,
        })
    };
    papers.into_iter().filter_map(score).collect()
}

fn spread(range: &Range) -> ScoreSpread {
    let Range { min_milli, max_milli, mean_milli, sd_milli, .. } = *range;
    ScoreSpread { min_milli, mean_milli, max_milli, sd_milli }
}

fn quantiles(quantiles: Quantiles) -> TrueSpread {
    let Quantiles { low_milli, median_milli, high_milli } = quantiles;
    TrueSpread { low_milli, median_milli, high_milli }
}
