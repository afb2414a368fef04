//! Marking (评分) and scores (成绩). Integer milli-points throughout: nothing is rounded, but the total of a paper of which
//! questions were voided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::blueprint::Policy;
use crate::key::Key;
use crate::paper::Item;
use crate::response::Response;

/// The milli-points for a response: from 0 to `points_milli`, a function of its arguments alone.
///
/// `options[display]` is the bank index of the option displayed there, as on the paper. An empty response earns 0, and
/// all and only the right options earn `points_milli`, under every policy. A chosen index beyond the options is wrong.
pub fn mark(policy: &Policy, points_milli: u32, key: &Key, options: &[u8], response: &Response) -> u32 {
    let counts = Counts::of(key, options, *response);
    if counts.chosen_right == 0 {
        return 0;
    }
    if counts.chosen_wrong == 0 && counts.missed_right == 0 {
        return points_milli;
    }
    let milli = match *policy {
        Policy::Exact => 0,
        Policy::PartialPerOption { .. } | Policy::PartialFixed { .. } if counts.chosen_wrong > 0 => 0,
        Policy::PartialPerOption { milli } => counts.chosen_right.saturating_mul(milli),
        Policy::PartialFixed { milli } => milli,
        Policy::Penalised { right_milli, wrong_milli } => {
            let added = counts.chosen_right.saturating_mul(right_milli);
            added.saturating_sub(counts.chosen_wrong.saturating_mul(wrong_milli))
        }
    };
    milli.min(points_milli)
}

/// How a response meets a key.
struct Counts {
    chosen_right: u32,
    chosen_wrong: u32,
    missed_right: u32,
}

impl Counts {
    fn of(key: &Key, options: &[u8], response: Response) -> Self {
        let mut counts = Self { chosen_right: 0, chosen_wrong: 0, missed_right: 0 };
        for (&bank_option, display) in options.iter().zip(0_u8..) {
            match (response.chose(display), key.right(bank_option)) {
                (true, true) => counts.chosen_right += 1,
                (true, false) => counts.chosen_wrong += 1,
                (false, true) => counts.missed_right += 1,
                (false, false) => {}
            }
        }
        let beyond = response.chosen().filter(|&display| usize::from(display) >= options.len()).count();
        counts.chosen_wrong += u32::try_from(beyond).expect("a response has at most eight options");
        counts
    }
}

/// The points of a sitting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Milli-points earned.
    pub total_milli: u32,
    /// Milli-points that could be earned.
    pub max_milli: u32,
    /// The same for each function, sorted by its id.
    pub by_function: Vec<FunctionScore>,
    /// Whether the pass mark was reached.
    pub passed: bool,
}

/// The points of a sitting in one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionScore {
    /// The function's id.
    pub function: String,
    /// Milli-points earned.
    pub got_milli: u32,
    /// Milli-points that could be earned.
    pub max_milli: u32,
}

/// Adds up the marks of a sitting: each item of its paper with the milli-points earned.
///
/// `pass_points` is in whole points; reaching it exactly passes (standard 1.9.2: 60 分（含）以上为合格). Exact milli-points
/// are compared, so 59.999 does not pass.
pub fn score<'paper>(marks: impl Iterator<Item = (&'paper Item, u32)>, pass_points: u32) -> Score {
    score_without(marks, |_| false, pass_points)
}

/// The same where questions were voided (作废) after they were asked: they count for nobody.
///
/// A voided question leaves both what was earned and what could be earned. The total is what was earned of the rest, in the
/// proportion that brings the rest to the whole paper's points, so that the pass mark keeps its meaning: `earned × whole ÷ rest`,
/// rounded down to the thousandth. Passing is decided on the exact proportion, and rounding down can't contradict it: the pass
/// mark is a whole number of thousandths. Functions are told in the paper's own points, without the voided questions.
pub fn score_without<'paper>(
    marks: impl Iterator<Item = (&'paper Item, u32)>,
    is_void: impl Fn(&Item) -> bool,
    pass_points: u32,
) -> Score {
    let mut functions: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let (mut earned, mut rest, mut max_milli) = (0_u32, 0_u32, 0_u32);
    for (item, got_milli) in marks {
        let function = functions.entry(&item.function).or_default();
        max_milli = max_milli.saturating_add(item.points_milli);
        if is_void(item) {
            continue;
        }
        function.0 = function.0.saturating_add(got_milli);
        function.1 = function.1.saturating_add(item.points_milli);
        earned = earned.saturating_add(got_milli);
        rest = rest.saturating_add(item.points_milli);
    }
    let by_function = functions
        .into_iter()
        .map(|(function, (got_milli, max_milli))| FunctionScore { function: function.to_owned(), got_milli, max_milli })
        .collect();
    let scaled = u64::from(earned) * u64::from(max_milli);
    let total = scaled.checked_div(u64::from(rest)).unwrap_or(0);
    let total_milli = u32::try_from(total).unwrap_or(u32::MAX);
    let passed = match rest {
        0 => pass_points == 0,
        _ => u128::from(scaled) >= u128::from(pass_points) * 1000 * u128::from(rest),
    };
    Score { total_milli, max_milli, by_function, passed }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::question::Kind;

    const POLICIES: [Policy; 4] = [
        Policy::Exact,
        Policy::PartialPerOption { milli: 500 },
        Policy::PartialFixed { milli: 700 },
        Policy::Penalised { right_milli: 600, wrong_milli: 400 },
    ];

    fn response(kind: Kind, option_count: u8, text: &str) -> Response {
        Response::parse(kind, option_count, text).expect("a good response")
    }

    /// Two points, five options, the key `ACD`, displayed in bank order: what each policy of [`POLICIES`] gives.
    #[test]
    fn marks_of_every_policy() {
        let table: [(&str, [u32; 4]); 10] = [
            ("", [0, 0, 0, 0]),
            ("ACD", [2000, 2000, 2000, 2000]),
            ("A", [0, 500, 700, 600]),
            ("AD", [0, 1000, 700, 1200]),
            ("B", [0, 0, 0, 0]),
            ("BE", [0, 0, 0, 0]),
            ("AB", [0, 0, 0, 200]),
            ("ABE", [0, 0, 0, 0]),
            ("ABCD", [0, 0, 0, 1400]),
            ("ABCDE", [0, 0, 0, 1000]),
        ];
        let key = Key::parse(Kind::MultipleChoice, 5, "ACD").expect("a good key");
        for (text, expected) in table {
            let response = response(Kind::MultipleChoice, 5, text);
            let marks = POLICIES.map(|policy| mark(&policy, 2000, &key, &[0, 1, 2, 3, 4], &response));
            assert_eq!(marks, expected, "response {text:?}");
        }
    }

    #[test]
    fn partial_marks_stop_at_the_points_of_the_question() {
        let key = Key::parse(Kind::MultipleChoice, 5, "ACD").expect("a good key");
        let response = response(Kind::MultipleChoice, 5, "AC");
        let policies = [
            Policy::PartialPerOption { milli: u32::MAX },
            Policy::PartialFixed { milli: 3000 },
            Policy::Penalised { right_milli: u32::MAX, wrong_milli: 0 },
        ];
        assert_eq!(policies.map(|policy| mark(&policy, 1000, &key, &[0, 1, 2, 3, 4], &response)), [1000; 3]);
    }

    /// Display A shows bank option C, and so on: the response is read through the paper.
    #[test]
    fn responses_are_read_through_the_shuffled_options() {
        let key = Key::parse(Kind::SingleChoice, 4, "C").expect("a good key");
        let marks = ["A", "B", "C", "D"]
            .map(|text| mark(&Policy::Exact, 1000, &key, &[2, 0, 3, 1], &response(Kind::SingleChoice, 4, text)));
        assert_eq!(marks, [1000, 0, 0, 0]);
    }

    #[test]
    fn true_and_false() {
        for (text, right, wrong) in [("true", "A", "B"), ("false", "B", "A")] {
            let key = Key::parse(Kind::TrueFalse, 2, text).expect("a good key");
            for policy in POLICIES {
                let marked = |text| mark(&policy, 1000, &key, &[0, 1], &response(Kind::TrueFalse, 2, text));
                assert_eq!((marked(right), marked(wrong), marked("")), (1000, 0, 0), "{policy:?}");
            }
        }
    }

    /// A response made for more options than the paper shows is not right, whatever it chose besides.
    #[test]
    fn options_that_are_not_displayed_are_wrong() {
        let key = Key::parse(Kind::MultipleChoice, 3, "AB").expect("a good key");
        let response = response(Kind::MultipleChoice, 5, "ABE");
        assert_eq!(mark(&Policy::Exact, 1000, &key, &[0, 1, 2], &response), 0);
    }

    fn any_policy() -> impl Strategy<Value = Policy> {
        prop_oneof![
            Just(Policy::Exact),
            any::<u32>().prop_map(|milli| Policy::PartialPerOption { milli }),
            any::<u32>().prop_map(|milli| Policy::PartialFixed { milli }),
            any::<(u32, u32)>().prop_map(|(right_milli, wrong_milli)| Policy::Penalised { right_milli, wrong_milli }),
        ]
    }

    fn any_order() -> impl Strategy<Value = Vec<u8>> {
        Just(vec![0, 1, 2, 3, 4]).prop_shuffle()
    }

    proptest! {
        /// Shuffling the options changes no mark, the mark stays in bounds, and only the key itself surely earns all.
        #[test]
        fn marks_follow_the_options(
            policy in any_policy(), points_milli in 0_u32..=5000, order in any_order(),
            right in 0_u8..32, chosen in 0_u8..32,
        ) {
            let right_text = crate::letters::write(right);
            prop_assume!(right.count_ones() >= 2);
            let key = Key::parse(Kind::MultipleChoice, 5, &right_text).expect("at least two letters");
            let plain = response(Kind::MultipleChoice, 5, &crate::letters::write(chosen));
            let shuffled_mask = order.iter().zip(0_u8..).filter(|(bank, _)| chosen & (1 << **bank) != 0)
                .fold(0_u8, |mask, (_, display)| mask | 1 << display);
            let shuffled = response(Kind::MultipleChoice, 5, &crate::letters::write(shuffled_mask));
            let marked = mark(&policy, points_milli, &key, &[0, 1, 2, 3, 4], &plain);
            prop_assert_eq!(mark(&policy, points_milli, &key, &order, &shuffled), marked);
            prop_assert!(marked <= points_milli);
            if chosen == right {
                prop_assert_eq!(marked, points_milli);
            } else if policy == Policy::Exact || chosen & right == 0 {
                prop_assert_eq!(marked, 0);
            }
        }
    }

    fn item(function: &str, points_milli: u32) -> Item {
        Item {
            position: 1,
            question: String::new(),
            revision: 1,
            kind: Kind::SingleChoice,
            function: function.to_owned(),
            points_milli,
            options: Vec::new(),
        }
    }

    #[test]
    fn points_add_up_by_function() {
        let items = [item("beta", 1500), item("alpha", 1000), item("beta", 500)];
        let score = score(items.iter().zip([750, 1000, 0]), 2);
        let line = |function: &str, got_milli, max_milli| FunctionScore {
            function: function.to_owned(),
            got_milli,
            max_milli,
        };
        let expected = Score {
            total_milli: 1750,
            max_milli: 3000,
            by_function: vec![line("alpha", 1000, 1000), line("beta", 750, 2000)],
            passed: false,
        };
        assert_eq!(score, expected);
    }

    fn worth(function: &str, points: &[u32]) -> Vec<Item> {
        let at = |(position, points): (u32, &u32)| Item { position, ..item(function, points * 1000) };
        (1..).zip(points).map(at).collect()
    }

    /// 100 questions of a point; one is voided. Who had all of the rest right has 100, whatever they made of the voided one.
    #[test]
    fn a_voided_question_counts_for_nobody() {
        let items = worth("alpha", &[1; 100]);
        let total = |right: std::ops::RangeInclusive<u32>| {
            let marks = items.iter().map(|item| (item, if right.contains(&item.position) { 1000 } else { 0 }));
            let score = score_without(marks, |item| item.position == 1, 60);
            (score.total_milli, score.max_milli, score.passed)
        };
        assert_eq!(total(1..=100), (100_000, 100_000, true));
        assert_eq!(total(2..=100), (100_000, 100_000, true));
        // 59 of 99 are 59.5959…, 60 of 99 are 60.6060…: rounded down to the thousandth.
        assert_eq!(total(2..=60), (59_595, 100_000, false));
        assert_eq!(total(1..=60), (59_595, 100_000, false), "the voided one was right, and that is nothing");
        assert_eq!(total(2..=61), (60_606, 100_000, true));
        assert_eq!(total(1..=1), (0, 100_000, false));
    }

    #[test]
    fn the_pass_mark_is_reached_exactly_or_not() {
        // Five of 20 voided: 9 of 15 are 60 exactly; a thousandth less is none.
        let items = worth("alpha", &[5; 20]);
        let passed = |got_milli: u32| {
            let marks = items.iter().map(|item| (item, if item.position == 20 { got_milli } else { 0 }));
            let score = score_without(marks, |item| item.position <= 5, 60);
            (score.total_milli, score.passed)
        };
        assert_eq!(passed(45_000), (60_000, true));
        assert_eq!(passed(44_999), (59_998, false));
        let none = score_without(items.iter().map(|item| (item, 0)), |_| true, 60);
        assert_eq!((none.total_milli, none.passed), (0, false));
    }

    #[test]
    fn functions_are_told_without_the_voided_questions() {
        let items: Vec<Item> = [worth("alpha", &[2, 3]), worth("beta", &[5])].concat();
        let score = score_without(items.iter().zip([2000, 3000, 0]), |item| item.points_milli == 3000, 6);
        let parts: Vec<_> = score.by_function.iter().map(|part| (part.got_milli, part.max_milli)).collect();
        assert_eq!(parts, [(2000, 2000), (0, 5000)]);
        assert_eq!((score.total_milli, score.max_milli), (2_857, 10_000));
    }

    proptest! {
        /// Nothing voided is the plain sum; what is voided changes nothing by its mark; the verdict and the shown total agree.
        #[test]
        fn voiding_is_fair(marks in prop::collection::vec((1_u32..=5, 0_u32..=5000, any::<bool>()), 1..40), pass in 0_u32..=200) {
            let items = worth("alpha", &marks.iter().map(|(points, ..)| *points).collect::<Vec<_>>());
            let given = |void_too: u32| {
                let mark = |(points, got, void): &(u32, u32, bool)| if *void { void_too } else { *got.min(&(points * 1000)) };
                items.iter().zip(marks.iter().map(mark).collect::<Vec<_>>())
            };
            let is_void = |item: &Item| marks[item.position as usize - 1].2;
            let without = score_without(given(0), is_void, pass);
            prop_assert_eq!(&without, &score_without(given(5000), is_void, pass));
            let rest: u32 = items.iter().filter(|item| !is_void(item)).map(|item| item.points_milli).sum();
            prop_assert!(without.total_milli <= without.max_milli);
            if rest > 0 {
                prop_assert_eq!(without.passed, without.total_milli >= pass * 1000);
            }
            if !marks.iter().any(|(.., void)| *void) {
                prop_assert_eq!(without, score(given(0), pass));
            }
        }
    }

    #[test]
    fn sixty_passes_and_a_thousandth_less_does_not() {
        let items = [item("alpha", 60_000), item("alpha", 40_000)];
        let passed = |got_milli: u32| score(items.iter().zip([got_milli, 0]), 60).passed;
        assert!(passed(60_000) && passed(60_001));
        assert!(!passed(59_999));
        assert!(!score(items.iter().zip([0, 0]), u32::MAX).passed);
        assert!(score(std::iter::empty(), 0).passed);
    }
}
