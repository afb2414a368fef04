//! Mechanical guessers: what somebody scores who knows nothing and looks only at how questions are written. A bank on which one
//! of them passes measures something else than knowledge.

use std::collections::{BTreeSet, HashMap};

use crate::blueprint::Blueprint;
use crate::letters::letter;
use crate::marking;
use crate::paper::{Item, Paper};
use crate::question::{Kind, Question, Revision};
use crate::response::Response;

/// How a guesser answers single-choice questions. Of multiple choice all of them take every option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guesser {
    /// The longest option; statements are true.
    Longest,
    /// The shortest option; statements are true.
    Shortest,
    /// The option that is displayed at this place, from 0; statements are true.
    Place(u8),
    /// The option that shares most characters with the stem; statements are true.
    LikeTheStem,
    /// An option with an absolute word, otherwise the first; statements with one are true.
    Absolute,
    /// The first option without an absolute word; statements with one are false.
    Moderate,
}

impl Guesser {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Longest,
        Self::Shortest,
        Self::Place(0),
        Self::Place(1),
        Self::Place(2),
        Self::Place(3),
        Self::LikeTheStem,
        Self::Absolute,
        Self::Moderate,
    ];

    /// In words, for a report.
    pub fn name(self) -> String {
        match self {
            Self::Longest => "the longest option".to_owned(),
            Self::Shortest => "the shortest option".to_owned(),
            Self::Place(place) => format!("always {}", letter(place)),
            Self::LikeTheStem => "the option most like the stem".to_owned(),
            Self::Absolute => "an option with an absolute word".to_owned(),
            Self::Moderate => "an option without absolute words".to_owned(),
        }
    }

    fn answers(self, item: &Item, revision: &Revision) -> Response {
        let places = 0..u8::try_from(item.options.len()).unwrap_or(u8::MAX);
        let chosen: Vec<u8> = match item.kind {
            Kind::MultipleChoice => places.collect(),
            Kind::TrueFalse => {
                let is_true = self != Self::Moderate || !has_absolute(&revision.stem);
                vec![u8::from(!is_true)]
            }
            Kind::SingleChoice => {
                let option = |place: u8| {
                    let index = item.options.get(usize::from(place)).copied().unwrap_or_default();
                    revision.options.get(usize::from(index)).map_or("", String::as_str)
                };
                vec![self.single(&revision.stem, places, option)]
            }
        };
        let text: String = chosen.into_iter().map(letter).collect();
        Response::parse(item.kind, u8::try_from(item.options.len()).unwrap_or(u8::MAX), &text).unwrap_or_default()
    }

    /// The place chosen: of equals the first.
    fn single<'a>(self, stem: &str, mut places: std::ops::Range<u8>, option: impl Fn(u8) -> &'a str) -> u8 {
        let most = |places: std::ops::Range<u8>, worth: &dyn Fn(u8) -> usize| {
            places.max_by_key(|place| (worth(*place), std::cmp::Reverse(*place))).unwrap_or(0)
        };
        match self {
            Self::Longest => most(places, &|place| option(place).chars().count()),
            Self::Shortest => most(places, &|place| usize::MAX - option(place).chars().count()),
            Self::Place(place) => place,
            Self::LikeTheStem => {
                let known: BTreeSet<char> = stem.chars().filter(|one| one.is_alphanumeric()).collect();
                let shared = |place| option(place).chars().collect::<BTreeSet<_>>().intersection(&known).count();
                most(places, &shared)
            }
            Self::Absolute => places.find(|place| has_absolute(option(*place))).unwrap_or(0),
            Self::Moderate => places.find(|place| !has_absolute(option(*place))).unwrap_or(0),
        }
    }
}

/// Words that authors like to put into what is wrong.
const ABSOLUTES: [&str; 14] =
    ["一定", "必须", "必然", "所有", "全部", "任何", "只能", "只有", "仅", "完全", "绝对", "始终", "从不", "都"];

fn has_absolute(text: &str) -> bool {
    ABSOLUTES.iter().any(|word| text.contains(word))
}

/// What a guesser scores on some papers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guessed {
    /// Who.
    pub guesser: Guesser,
    /// The mean, in milli-points.
    pub mean_milli: u32,
    /// The best paper, in milli-points.
    pub best_milli: u32,
}

/// Lets every guesser sit these papers.
///
/// # Panics
///
/// If a paper holds a question that is not among these, or a kind that the blueprint doesn't ask for.
pub fn scores(papers: &[Paper], questions: &[Question], blueprint: &Blueprint) -> Vec<Guessed> {
    let known: HashMap<(&str, u32), &Question> =
        questions.iter().map(|one| ((one.revision.question.as_str(), one.revision.revision), one)).collect();
    let earned = |guesser: Guesser, item: &Item| {
        let question = known.get(&(item.question.as_str(), item.revision)).expect("papers are of these questions");
        let quota = blueprint.kinds.iter().find(|quota| quota.kind == item.kind).expect("papers are of this blueprint");
        let response = guesser.answers(item, &question.revision);
        marking::mark(&quota.marking, item.points_milli, &question.key, &item.options, &response)
    };
    let guessed = Guesser::ALL.map(|guesser| {
        let scores: Vec<u32> =
            papers.iter().map(|paper| paper.items.iter().map(|item| earned(guesser, item)).sum()).collect();
        let sum: u64 = scores.iter().copied().map(u64::from).sum();
        let mean = sum / u64::try_from(scores.len().max(1)).expect("a count fits");
        let mean_milli = u32::try_from(mean).expect("a mean is no more than the largest");
        Guessed { guesser, mean_milli, best_milli: scores.into_iter().max().unwrap_or(0) }
    });
    guessed.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use crate::question::Commentary;
    use crate::testing;

    fn question(kind: Kind, number: u32, stem: &str, options: &[&str], key: &str) -> Question {
        let revision = Revision {
            stem: stem.to_owned(),
            options: options.iter().map(|one| (*one).to_owned()).collect(),
            ..testing::revision("alpha", kind, number)
        };
        let key = Key::parse(kind, revision.option_count(), key).expect("a key");
        Question { revision, key, commentary: Commentary { explanation: String::new(), source: String::new() } }
    }

    /// Options in another order than the bank's: guessers see what candidates see.
    #[test]
    fn guessers_choose_what_they_say() {
        let bank = [
            question(Kind::TrueFalse, 0, "所有主机都要联网", &[], "false"),
            question(
                Kind::SingleChoice,
                1,
                "交换机的转发表",
                &["一定是路由表", "转发的表项", "最长的一个选项在这里", "短"],
                "B",
            ),
            question(Kind::MultipleChoice, 2, "?", &["a", "b", "c"], "ABC"),
        ];
        let revisions: Vec<&Revision> = bank.iter().map(|one| &one.revision).collect();
        let blueprint = testing::blueprint();
        let mut paper = testing::paper_of(&revisions, &blueprint);
        paper.items.iter_mut().filter(|item| item.kind == Kind::SingleChoice).for_each(|item| item.options.reverse());
        let scores = scores(&[paper.clone(), paper], &bank, &blueprint);
        let earned: Vec<u32> = scores.iter().map(|guessed| guessed.mean_milli / 1000).collect();
        // All take the multiple choice; the single choice is displayed third; the statement is false.
        assert_eq!(earned, [1, 1, 1, 1, 2, 1, 2, 1, 2]);
        assert!(scores.iter().all(|guessed| guessed.best_milli == guessed.mean_milli));
    }
}
