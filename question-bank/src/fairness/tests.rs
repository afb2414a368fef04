use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::paper::Item;
use crate::question::Kind;

/// A paper of one-point questions: function and number of each.
fn paper(questions: &[(&str, u32)]) -> Paper {
    let item = |(&(function, number), position): (&(&str, u32), u32)| Item {
        position,
        question: format!("q{number:04}"),
        revision: 1,
        kind: Kind::SingleChoice,
        function: function.to_owned(),
        points_milli: 1000,
        options: vec![0, 1, 2, 3],
    };
    Paper { items: questions.iter().zip(1..).map(item).collect() }
}

fn of_numbers(numbers: impl IntoIterator<Item = u32>) -> Paper {
    paper(&numbers.into_iter().map(|number| ("alpha", number)).collect::<Vec<_>>())
}

/// The sheet of these papers under the names s0, s1 and so on.
fn sheet_of(papers: &[Paper], difficulty: impl Fn(u32) -> Option<u32>, assumptions: Assumptions) -> FairnessSheet {
    let sittings: Vec<String> = (0..papers.len()).map(|number| format!("s{number}")).collect();
    let of_sittings: Vec<PaperOf<'_>> =
        papers.iter().zip(&sittings).map(|(paper, sitting)| PaperOf { sitting, paper }).collect();
    let by_id = |id: &str, _: u32| difficulty(id[1..].parse().expect("a q and a number"));
    sheet(&of_sittings, by_id, &["alpha", "beta"], assumptions)
}

fn rated(permille: u32) -> impl Fn(u32) -> Option<u32> {
    move |_| Some(permille)
}

/// Two questions of 0.6 and 0.8: odds 1.5 and 4, times and divided by e.
#[test]
fn three_candidates_by_hand() {
    let papers = [paper(&[("alpha", 600), ("beta", 800)])];
    let sheet = sheet_of(&papers, Some, Assumptions::default());
    let scores = &sheet.papers[0];
    assert_eq!(scores.whole, Expected { below_milli: 951, passing_milli: 1400, above_milli: 1719 });
    let alpha = Expected { below_milli: 356, passing_milli: 600, above_milli: 803 };
    let beta = Expected { below_milli: 595, passing_milli: 800, above_milli: 916 };
    assert_eq!(scores.by_function, [alpha, beta]);
    assert_eq!(scores.error_milli, 212, "0.15 times the root of 2");
    let alone = Range { min_milli: 1400, max_milli: 1400, mean_milli: 1400, ..named("s0", "s0") };
    assert_eq!(sheet.whole.passing, alone);
    assert_eq!(sheet.uncertainty.true_spread, Quantiles::default(), "one paper has no spread");
}

fn named(lowest: &str, highest: &str) -> Range {
    Range { lowest: lowest.to_owned(), highest: highest.to_owned(), ..Range::default() }
}

#[test]
fn the_session_by_hand() {
    let papers = [of_numbers([500, 700]), of_numbers([500, 900]), of_numbers([500, 800])];
    let sheet = sheet_of(&papers, Some, Assumptions::default());
    let expected = Range {
        min_milli: 1200,
        max_milli: 1400,
        mean_milli: 1300,
        spread_milli: 200,
        sd_milli: 81,
        ..named("s0", "s1")
    };
    assert_eq!(sheet.whole.passing, expected, "the SD is the root of 20,000 / 3");
    assert_eq!(sheet.by_function[0].passing, expected);
    assert_eq!(sheet.by_function[1].passing, named("s0", "s0"), "nothing of beta on any paper");
    let gap =
        Gap { harder: "s0".to_owned(), easier: "s1".to_owned(), difference_milli: 200, shared: 1, error_milli: 212 };
    assert_eq!(sheet.gaps, [gap]);
    let doubt = sheet.uncertainty;
    assert_eq!((doubt.questions, doubt.unrated, doubt.shared_milli), (4, 0, 1000));
    assert_eq!((doubt.paper_error_milli, doubt.pair_error_milli), (212, 212));
    // p(1 − p) of .5 three times, .7, .9 and .8: (.75 + .21 + .09 + .16) / 6 = .2016; three of that by .0225 are 26.9.
    assert_eq!(doubt.halving_responses, 27);
    // A typical item's question stands on (3·3 + 1 + 1 + 1) / 6 = 2 of 3 papers.
    assert_eq!(doubt.halving_candidates, 41);
}

#[test]
fn means_are_rounded_to_the_nearest() {
    let sheet = sheet_of(&[of_numbers([300]), of_numbers([300]), of_numbers([500])], Some, Assumptions::default());
    assert_eq!(sheet.whole.passing.mean_milli, 367, "366 and two thirds");
}

#[test]
fn unlike_points_and_functions_that_nobody_listed() {
    let mut one = paper(&[("gamma", 600), ("alpha", 800)]);
    one.items[0].points_milli = 2500;
    let sheet = sheet_of(&[one], Some, Assumptions::default());
    assert_eq!(sheet.functions, ["alpha", "beta", "gamma"]);
    assert_eq!(sheet.papers[0].whole.passing_milli, 2300);
    assert_eq!(sheet.papers[0].by_function[2].passing_milli, 1500);
    assert_eq!(sheet.papers[0].error_milli, 403, "0.15 times the root of 6.25 + 1");
}

#[test]
fn the_revision_on_the_paper_is_the_one_that_counts() {
    let (first, mut second) = (of_numbers([1]), of_numbers([1]));
    second.items[0].revision = 2;
    let papers = [PaperOf { sitting: "a", paper: &first }, PaperOf { sitting: "b", paper: &second }];
    let rating = |_: &str, revision| Some(if revision == 1 { 300 } else { 700 });
    let sheet = sheet(&papers, rating, &["alpha"], Assumptions::default());
    assert_eq!((sheet.whole.passing.spread_milli, sheet.gaps[0].shared), (400, 0));
}

#[test]
fn extreme_ratings_are_clamped_and_unrated_ones_say_so() {
    let sheet = sheet_of(&[of_numbers([0, 1000])], Some, Assumptions::default());
    let Expected { below_milli, passing_milli, above_milli } = sheet.papers[0].whole;
    assert_eq!(passing_milli, 1000, "0.01 and 0.99");
    assert_eq!((below_milli, above_milli), (977, 1023), "0.99 falls to 0.9733 and 0.01 to 0.0037; and the other way");
    let sheet = sheet_of(&[of_numbers([1, 2])], |number| (number == 1).then_some(600), Assumptions::default());
    assert_eq!(sheet.papers[0].whole.passing_milli, 1100);
    assert_eq!(sheet.papers[0].error_milli, 325, "the root of 0.15² + 0.289²");
    assert_eq!((sheet.uncertainty.questions, sheet.uncertainty.unrated), (2, 1));
}

#[test]
fn equal_papers_have_no_spread_whatever_the_ratings_hide() {
    let papers = vec![of_numbers(0..50); 20];
    let sheet = sheet_of(&papers, rated(600), Assumptions::default());
    for range in [&sheet.whole.below, &sheet.whole.passing, &sheet.whole.above] {
        assert_eq!((range.spread_milli, range.sd_milli), (0, 0));
    }
    assert_eq!(sheet.gaps, []);
    let doubt = sheet.uncertainty;
    assert_eq!((doubt.pair_error_milli, doubt.true_spread), (0, Quantiles::default()));
    assert_eq!((doubt.shared_milli, doubt.paper_error_milli), (50_000, 1060));
}

/// Two disjoint papers of n questions: the difference is normal with the variance 2 n s², the median of its size 0.6745 of
/// the standard deviation, its 95 % quantile 1.96 of it.
#[test]
fn two_disjoint_papers_lie_apart_as_the_formula_says() {
    let papers = [of_numbers(0..100), of_numbers(100..200)];
    let many = Assumptions { draws: 4000, ..Assumptions::default() };
    let doubt = sheet_of(&papers, rated(500), many).uncertainty;
    assert_eq!((doubt.paper_error_milli, doubt.pair_error_milli), (1500, 2121));
    let Quantiles { median_milli, high_milli, .. } = doubt.true_spread;
    // Three standard errors of the quantiles of 4,000 draws: 3 × 26.4, 3 × 62.5 and 3 × 13.2.
    assert!(median_milli.abs_diff(1431) < 79, "{median_milli}");
    assert!(high_milli.abs_diff(4158) < 187, "{high_milli}");
    assert!(doubt.true_spread_halved.median_milli.abs_diff(715) < 40, "half the error, half the spread");
}

/// The expected range of 100 normal deviates is 5.015 standard deviations.
#[test]
fn a_hundred_disjoint_papers_spread_as_a_hundred_deviates() {
    let papers: Vec<Paper> = (0..100).map(|number| of_numbers(number * 100..number * 100 + 100)).collect();
    let sheet = sheet_of(&papers, rated(500), Assumptions::default());
    assert_eq!(sheet.whole.passing.spread_milli, 0, "equal on paper only");
    let Quantiles { low_milli, median_milli, high_milli } = sheet.uncertainty.true_spread;
    assert!(median_milli.abs_diff(7460) < 250, "{median_milli}");
    assert!((5800..6600).contains(&low_milli) && (8500..9700).contains(&high_milli), "{low_milli} {high_milli}");
}

/// From a second implementation of stream, deviates and quantiles, in another language: so that no change of a library or
/// of the code alters the sheet of an old session without anyone noticing.
#[test]
fn the_draws_are_fixed() {
    let papers = [of_numbers(0..10), of_numbers(5..15), of_numbers(10..20)];
    let spread = |draws| {
        let assumptions = Assumptions { draws, ..Assumptions::default() };
        sheet_of(&papers, |number| Some(300 + number * 30), assumptions).uncertainty.true_spread
    };
    assert_eq!(spread(200), Quantiles { low_milli: 1939, median_milli: 3004, high_milli: 3986 });
    assert_eq!(
        spread(13),
        Quantiles { low_milli: 2058, median_milli: 3298, high_milli: 4420 },
        "no whole number of lanes"
    );
}

#[test]
fn a_session_without_papers_has_an_empty_sheet() {
    let sheet = sheet_of(&[], rated(500), Assumptions::default());
    assert_eq!((sheet.whole.passing, sheet.uncertainty), (Range::default(), Uncertainty::default()));
    assert_eq!(sheet.functions, ["alpha", "beta"]);
    assert!(sheet_of(&[Paper { items: Vec::new() }], rated(500), Assumptions::default()).gaps.is_empty());
}

#[test]
fn no_assumption_is_too_wild() {
    let wild = Assumptions {
        ability_sd_milli: u16::MAX,
        rating_sd_permille: u16::MAX,
        unrated_permille: u16::MAX,
        unrated_sd_permille: u16::MAX,
        draws: 9,
    };
    let sheet = sheet_of(&[of_numbers([1, 2])], |number| (number == 1).then_some(u32::MAX), wild);
    let expected = Expected { below_milli: 0, passing_milli: 1980, above_milli: 2000 };
    assert_eq!(sheet.papers[0].whole, expected);
    let none = Assumptions {
        ability_sd_milli: 0,
        rating_sd_permille: 0,
        unrated_permille: 0,
        unrated_sd_permille: 0,
        draws: 0,
    };
    let sheet = sheet_of(&[of_numbers([1]), of_numbers([2])], rated(500), none);
    assert_eq!(sheet.papers[0].whole, Expected { below_milli: 500, passing_milli: 500, above_milli: 500 });
    assert_eq!((sheet.uncertainty.true_spread, sheet.uncertainty.halving_responses), (Quantiles::default(), 0));
}

#[test]
fn the_file_holds_the_sheet() {
    let papers = [paper(&[("alpha", 500), ("beta, \"b\"", 700)]), paper(&[("alpha", 500), ("beta, \"b\"", 900)])];
    let named = [PaperOf { sitting: "=1+1", paper: &papers[0] }, PaperOf { sitting: "b\nc", paper: &papers[1] }];
    let rating = |id: &str, _: u32| id[1..].parse().ok();
    let sheet = sheet(&named, rating, &["alpha"], Assumptions::default());
    let text = sheet.to_csv();
    let (head, table): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
    assert!(head.contains(&"# standard deviation of a rating's error: 0.150"), "{head:?}");
    assert!(text.starts_with("# papers: 2\n"));
    let expected = [
        "row,sitting,other_sitting,below,passing,above,error,alpha below,alpha passing,alpha above,\
         \"beta, \"\"b\"\" below\",\"beta, \"\"b\"\" passing\",\"beta, \"\"b\"\" above\"",
        "paper,'=1+1,,0.731,1.200,1.595,0.212,0.269,0.500,0.731,0.462,0.700,0.864",
        "paper,\"b",
        "c\",,1.037,1.400,1.692,0.212,0.269,0.500,0.731,0.768,0.900,0.961",
        "min,,,0.731,1.200,1.595,,0.269,0.500,0.731,0.462,0.700,0.864",
    ];
    assert_eq!(table[..5], expected);
    assert!(table.contains(&"gap,'=1+1,\"b"), "{table:?}");
    assert!(table.contains(&"spread,,,0.306,0.200,0.097,,0.000,0.000,0.000,0.306,0.200,0.097"), "{table:?}");
    let fields = table[0].split(',').count() - 3;
    for row in table.iter().filter(|row| row.starts_with("true_spread")) {
        assert_eq!(row.split(',').count(), fields, "{row}");
    }
}

#[test]
fn json_is_read_back() {
    let sheet = sheet_of(&[of_numbers([300, 400]), of_numbers([400, 500])], Some, Assumptions::default());
    let json = serde_json::to_string(&sheet).expect("plain data");
    assert_eq!(serde_json::from_str::<FairnessSheet>(&json).expect("as written"), sheet);
}

#[test]
fn the_sentences_name_the_figures() {
    let sheet =
        sheet_of(&[of_numbers([500, 700]), of_numbers([500, 900])], |number| (number < 900).then_some(number), {
            Assumptions::default()
        });
    let text = sheet.to_string();
    assert!(
        text.contains("expected to score 1.000 to 1.200 points, 1.100 on average; predicted spread 0.200"),
        "{text}"
    );
    assert!(text.contains("nobody has rated 1"), "{text}");
}

fn bank_and_papers() -> impl Strategy<Value = (Vec<u32>, Vec<Vec<u32>>)> {
    prop::collection::vec(0_u32..=1000, 30).prop_flat_map(|ratings| {
        let numbers: Vec<u32> = (0..30).collect();
        (Just(ratings), prop::collection::vec(prop::sample::subsequence(numbers, 8), 2..12))
    })
}

fn look_up(ratings: &[u32]) -> impl Fn(u32) -> Option<u32> {
    move |number| ratings.get(usize::try_from(number).expect("a small number")).copied()
}

proptest! {
    #[test]
    fn the_abler_score_more_and_the_range_holds_the_papers((ratings, numbers) in bank_and_papers(), ability in 0_u16..4000) {
        let papers: Vec<Paper> = numbers.iter().map(|numbers| of_numbers(numbers.iter().copied())).collect();
        let assumptions = Assumptions { ability_sd_milli: ability, draws: 8, ..Assumptions::default() };
        let sheet = sheet_of(&papers, look_up(&ratings), assumptions);
        for scores in sheet.papers.iter().flat_map(|paper| paper.by_function.iter().chain([&paper.whole])) {
            prop_assert!(scores.below_milli <= scores.passing_milli && scores.passing_milli <= scores.above_milli);
            prop_assert!(scores.above_milli <= 8000);
        }
        let range = &sheet.whole.passing;
        let inside = |paper: &PaperScores| (range.min_milli..=range.max_milli).contains(&paper.whole.passing_milli);
        prop_assert!(sheet.papers.iter().all(inside));
        prop_assert!(range.sd_milli * 2 <= range.spread_milli, "no SD exceeds half the range");
    }

    /// The chances agree with the formula in floating point to a few millionths.
    #[test]
    fn the_integers_follow_the_logistic_curve(rating in 10_u32..=990, ability in 0_u16..5000) {
        let assumptions = Assumptions { ability_sd_milli: ability, draws: 0, ..Assumptions::default() };
        let mut large = of_numbers([1]);
        large.items[0].points_milli = 1_000_000;
        let scores = sheet_of(&[large], rated(rating), assumptions).papers[0].whole;
        let logit = (f64::from(rating) / f64::from(1000 - rating)).ln();
        for (moved, milli) in [(-1.0, scores.below_milli), (1.0, scores.above_milli)] {
            let chance = 1.0 / (1.0 + (-(logit + moved * f64::from(ability) / 1000.0)).exp());
            let found = f64::from(u32::try_from(milli).expect("at most a million"));
            prop_assert!((chance * 1e6 - found).abs() < 2.0, "{chance} {milli}");
        }
    }

    /// The mean over pairs without forming them is the mean over pairs.
    #[test]
    fn pairs_agree_with_each_pair((ratings, numbers) in bank_and_papers()) {
        let papers: Vec<Paper> = numbers.iter().map(|numbers| of_numbers(numbers.iter().copied())).collect();
        let doubt = sheet_of(&papers, look_up(&ratings), Assumptions { draws: 0, ..Assumptions::default() }).uncertainty;
        let (mut shared, mut pairs) = (0_u64, 0_u64);
        for (number, left) in numbers.iter().enumerate() {
            for right in &numbers[..number] {
                shared += u64::try_from(left.iter().filter(|one| right.contains(one)).count()).expect("at most 8");
                pairs += 1;
            }
        }
        prop_assert_eq!(doubt.shared_milli, (shared * 1000 + pairs / 2) / pairs);
        // Each question on one of the two papers only adds 0.15² points², 22,500 squared milli-points.
        let variance = (pairs * 16 - 2 * shared) * 22_500 / pairs;
        prop_assert_eq!(doubt.pair_error_milli, variance.isqrt());
    }

    /// More noise never makes the papers look more alike, as long as no chance reaches 0 or 1.
    #[test]
    fn noise_never_shrinks_the_spread(
        ratings in prop::collection::vec(450_u32..=550, 30), numbers in bank_and_papers(), sd in 1_u16..60,
    ) {
        let papers: Vec<Paper> = numbers.1.iter().map(|numbers| of_numbers(numbers.iter().copied())).collect();
        let under = |sd| {
            let assumptions = Assumptions { rating_sd_permille: sd, ..Assumptions::default() };
            sheet_of(&papers, look_up(&ratings), assumptions)
        };
        let (less, more) = (under(sd), under(2 * sd));
        let predicted = less.whole.passing.spread_milli;
        prop_assert_eq!(under(0).uncertainty.true_spread.median_milli, predicted);
        prop_assert!(less.uncertainty.true_spread.high_milli >= predicted);
        prop_assert!(more.uncertainty.true_spread.high_milli >= less.uncertainty.true_spread.high_milli);
        prop_assert!(more.uncertainty.pair_error_milli >= less.uncertainty.pair_error_milli);
        prop_assert!(less.uncertainty.true_spread_halved.high_milli <= less.uncertainty.true_spread.high_milli);
    }

    /// The order of the papers changes no figure of the session, only the order of the rows.
    #[test]
    fn order_is_nothing((ratings, numbers) in bank_and_papers()) {
        let papers: Vec<Paper> = numbers.iter().map(|numbers| of_numbers(numbers.iter().copied())).collect();
        let backwards: Vec<Paper> = papers.iter().rev().cloned().collect();
        let [one, two] = [&papers, &backwards].map(|papers| sheet_of(papers, look_up(&ratings), Assumptions::default()));
        prop_assert_eq!(one.uncertainty, two.uncertainty);
        prop_assert_eq!(one.whole.above.spread_milli, two.whole.above.spread_milli);
        let scores = |sheet: &FairnessSheet| {
            let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
            sheet.papers.iter().for_each(|paper| *counts.entry(paper.whole.passing_milli).or_default() += 1);
            counts
        };
        prop_assert_eq!(scores(&one), scores(&two));
    }
}
