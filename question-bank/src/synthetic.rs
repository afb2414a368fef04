//! Synthetic banks and a blueprint for them: for benchmarks and for tests of scale. No exam is made of them.
//!
//! Everything follows from the arguments. The stream is the `ChaCha20` keystream under the seed's eight little-endian
//! bytes, filled up with zeros.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::blueprint::{Blueprint, Difficulty, KindQuota, Limit, Policy, Span};
use crate::digest::Digest;
use crate::paper::{Snapshot, SnapshotEntry};
use crate::question::{Kind, OptionOrder};

/// Functions with their points, weighted like a junior column of the national standard: 100 points.
pub const FUNCTIONS: [(&str, u32); 6] =
    [("ethics", 5), ("fundamentals", 20), ("building", 15), ("operations", 30), ("platform", 10), ("security", 20)];

/// The standard of every synthetic question.
pub const STANDARD: &str = "synthetic";

/// The level of every synthetic question.
pub const LEVEL: &str = "junior";

/// A bank of so many questions on so many knowledge points.
///
/// Knowledge points and questions are spread over the functions in proportion to the points, each function with at least
/// one knowledge point; 3 to 4 knowledge points make a work content, where a function has as many. Every knowledge point
/// holds true/false : single : multiple = 1 : 3 : 1, and every kind in it 30 % easy, 40 % medium and 30 % hard questions
/// ([`BANDS`]), each as far as whole questions go. Ids say nothing of where a question belongs; digests are of nothing.
pub fn bank(questions: usize, knowledge_points: usize, functions: &[(&str, u32)], seed: u64) -> Snapshot {
    let mut stream = Stream::of(seed);
    let points: Vec<u32> = functions.iter().map(|(_, points)| *points).collect();
    let of_questions = apportion(questions, &points);
    let of_knowledge = apportion(knowledge_points, &points);
    let mut entries = Vec::with_capacity(questions);
    for (number, (function, _)) in functions.iter().enumerate() {
        let knowledge = of_knowledge[number].max(1);
        for part in 0..knowledge {
            let code = Code::of(number + 1, part, knowledge);
            let whole = of_questions[number];
            let count = whole * (part + 1) / knowledge - whole * part / knowledge;
            entries.extend((0..count).map(|question| entry(&mut stream, function, &code, question)));
        }
    }
    stream.shuffle(&mut entries);
    for (number, entry) in entries.iter_mut().enumerate() {
        entry.question = format!("q{number:07}");
    }
    Snapshot { entries }
}

/// The lowest and the highest rating in thousandths of the easy, medium and hard questions. Uniform within a band; 30 %,
/// 40 % and 30 % of them have a mean of 599.65.
pub const BANDS: [[u32; 2]; 3] = [[750, 950], [450, 749], [250, 449]];

/// A blueprint for such a bank: a question for each point, all kinds in every function as 1 : 3 : 1, 30 % of the
/// questions easy, 40 % medium and 30 % hard, each band give or take `slack`, a mean difficulty of 0.600 ± 0.005, at most
/// 6 questions of a knowledge point, at least 1 of five in six knowledge points (50 of 60; spread over the functions in
/// proportion to their points), and 2 % of the questions in enemy pairs at random.
///
/// `functions` are the bank's; they compile when their points are multiples of five.
pub fn blueprint(snapshot: &Snapshot, functions: &[(&str, u32)], slack: u32, seed: u64) -> Blueprint {
    let questions = functions.iter().map(|(_, points)| points).sum::<u32>();
    let quota =
        |kind, fifths| KindQuota { kind, count: questions * fifths / 5, points_milli: 1000, marking: Policy::Exact };
    let plain = Blueprint {
        points: functions.iter().map(|(function, points)| ((*function).to_owned(), *points)).collect(),
        kinds: vec![quota(Kind::TrueFalse, 1), quota(Kind::SingleChoice, 3), quota(Kind::MultipleChoice, 1)],
        knowledge: Some(Span { min: 0, max: Some(KNOWLEDGE_MAX) }),
        limits: minimums(snapshot, functions),
        enemies: enemies(snapshot, seed),
        ..Blueprint::bare(STANDARD, LEVEL)
    };
    let mut aimed = plain.aimed();
    for band in aimed.difficulty.iter_mut().flat_map(|difficulty: &mut Difficulty| &mut difficulty.bands) {
        band.min = band.min.saturating_sub(slack);
        band.max += slack;
    }
    aimed
}

/// The most questions of one knowledge point on a paper.
const KNOWLEDGE_MAX: u32 = 6;

/// At least one question of five in six knowledge points.
fn minimums(snapshot: &Snapshot, functions: &[(&str, u32)]) -> Vec<Limit> {
    let mut present: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in &snapshot.entries {
        present.entry(&entry.function).or_default().insert(&entry.knowledge);
    }
    let all: usize = present.values().map(BTreeSet::len).sum();
    let points: Vec<u32> = functions.iter().map(|(_, points)| *points).collect();
    let mut limits = Vec::new();
    for ((function, _), count) in functions.iter().zip(apportion(all * 5 / 6, &points)) {
        for knowledge in present.get(function).into_iter().flatten().take(count) {
            limits.push(Limit {
                level: None,
                function: (*function).to_owned(),
                work_content: None,
                knowledge: Some((*knowledge).to_owned()),
                min: 1,
                max: Some(KNOWLEDGE_MAX),
            });
        }
    }
    limits
}

/// Every hundredth question with another, no question in two pairs.
fn enemies(snapshot: &Snapshot, seed: u64) -> Vec<Vec<String>> {
    let mut stream = Stream::of(!seed);
    let mut questions: Vec<&str> = snapshot.entries.iter().map(|entry| entry.question.as_str()).collect();
    let pairs = questions.len() / 100;
    for place in 0..2 * pairs {
        let other = place + stream.below(questions.len() - place);
        questions.swap(place, other);
    }
    questions[..2 * pairs].chunks_exact(2).map(|pair| pair.iter().map(|&id| id.to_owned()).collect()).collect()
}

/// Where a question belongs within its function.
struct Code {
    work_content: String,
    knowledge: String,
}

impl Code {
    /// Of the `part`th of so many knowledge points: as few work contents as hold four each, evenly filled.
    fn of(function: usize, part: usize, knowledge: usize) -> Self {
        let contents = knowledge.div_ceil(4);
        let content = part * contents / knowledge;
        let first = (content * knowledge).div_ceil(contents);
        let work_content = format!("{function}.{}", content + 1);
        // Two digits, so that codes sort as they are counted.
        let knowledge = format!("{work_content}.{:02}", part - first + 1);
        Self { work_content, knowledge }
    }
}

/// The next question of a knowledge point: five in a row have the kinds of the proportion, ten in a row of one kind the
/// bands, mixed so that few have them as nearly as may be.
fn entry(stream: &mut Stream, function: &str, code: &Code, number: usize) -> SnapshotEntry {
    use Kind::{MultipleChoice, SingleChoice, TrueFalse};
    let place = number % 5;
    let kind = [SingleChoice, TrueFalse, SingleChoice, MultipleChoice, SingleChoice][place];
    let of_kind = if kind == SingleChoice { number / 5 * 3 + place / 2 } else { number / 5 };
    let [low, high] = BANDS[[1, 0, 2, 1, 0, 2, 1, 0, 2, 1][of_kind % 10]];
    let fixed = kind == TrueFalse || stream.below(5) == 0;
    SnapshotEntry {
        question: String::new(),
        revision: 1,
        kind,
        standard: STANDARD.to_owned(),
        level: LEVEL.to_owned(),
        function: function.to_owned(),
        work_content: code.work_content.clone(),
        knowledge: code.knowledge.clone(),
        difficulty_permille: Some(low + stream.number_below(high - low + 1)),
        option_count: if kind == TrueFalse { 2 } else { 4 },
        order: if fixed { OptionOrder::Fixed } else { OptionOrder::Shuffle },
        digest: stream.digest(),
    }
}

/// So many seats in proportion to the weights: whole shares first, then one each by the largest remainders, and of equal
/// remainders by the larger weight.
fn apportion(seats: usize, weights: &[u32]) -> Vec<usize> {
    let whole: u128 = weights.iter().map(|&weight| u128::from(weight)).sum::<u128>().max(1);
    let product = |weight: u32| u128::try_from(seats).expect("a count fits 128 bits") * u128::from(weight);
    let share = |&weight: &u32| usize::try_from(product(weight) / whole).expect("no more than the seats");
    let mut shares: Vec<usize> = weights.iter().map(share).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse((product(weights[index]) % whole, weights[index])));
    let given: usize = shares.iter().sum();
    for &index in order.iter().take(seats - given) {
        shares[index] += 1;
    }
    shares
}

struct Stream(ChaCha20Rng);

impl Stream {
    fn of(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self(ChaCha20Rng::from_seed(key))
    }

    /// A number below `bound`, each equally likely: words at or above the largest multiple of `bound` are passed over.
    fn number_below(&mut self, bound: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let word = self.0.next_u32();
            if word < fair {
                return word % bound;
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound).expect("a bank has fewer than four thousand million questions");
        usize::try_from(self.number_below(bound)).expect("smaller than a usize")
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last + 1);
            list.swap(last, other);
        }
    }

    fn digest(&mut self) -> Digest {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        Digest::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests;
