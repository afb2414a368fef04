use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;
use crate::synthetic;

fn snapshot(questions: usize) -> Snapshot {
    synthetic::bank(questions, 6, &synthetic::FUNCTIONS, 1)
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[test]
fn four_papers_by_hand() {
    let snapshot = snapshot(7);
    let cells = [5, 5, 9, NEVER_DRAWN, 9, 9, 2];
    let trials = [vec![0, 2, 6], vec![1, 2, 6], vec![0, 1, 6], vec![0, 4, 6]];
    let report = report(&snapshot, &cells, &trials, 200);
    assert_eq!((report.candidates, report.trials, report.pairs), (200, 4, 6));
    assert_eq!((report.drawable, report.barred), (6, 1));
    // Question 6 on all; beside it 2 is shared by the first two, 0 by three pairs, 1 by the second and the third.
    assert_eq!(report.overlap_pairs, [0, 1, 5]);
    assert!(near(report.overlap_mean, 11.0 / 6.0));
    assert_eq!((report.overlap_p99, report.overlap_max), (2, 2));
    let found: Vec<(&str, f64)> = report.exposure.iter().map(|one| (one.question.as_str(), one.share)).collect();
    let expected = [("q0000006", 1.0), ("q0000000", 0.625), ("q0000001", 0.625)];
    assert!(found.iter().zip(expected).all(|(found, expected)| found.0 == expected.0 && near(found.1, expected.1)));
    assert_eq!(found[3..].iter().map(|one| one.0).collect::<Vec<_>>(), ["q0000002", "q0000004", "q0000005"]);
    assert!(found[3..].iter().all(|one| near(one.1, 0.25)), "three of one cell on four papers");
    assert!(near(report.exposure_max, 1.0));
    assert!(near(report.exposure[0].papers, 200.0) && near(report.exposure[0].standard_error, 0.0));
    // Counts 1, 1, 2, 1 of two questions: variance 1/4, of the mean 1/16, its root 1/4, by two questions 1/8.
    assert!(near(report.exposure[1].standard_error, 0.125) && near(report.exposure[1].papers, 125.0));
}

#[test]
fn no_trials_and_one_trial_say_little_and_stumble_over_nothing() {
    let snapshot = snapshot(3);
    let none = report(&snapshot, &[0; 3], &[], 10);
    assert_eq!((none.trials, none.pairs, none.overlap_p99, none.overlap_max), (0, 0, 0, 0));
    assert!(near(none.exposure_max, 0.0) && near(none.overlap_mean, 0.0));
    let one = report(&snapshot, &[0; 3], &[vec![0, 1]], 10);
    assert_eq!((one.trials, one.pairs, one.drawable), (1, 0, 3));
    assert!(near(one.exposure_max, 2.0 / 3.0) && near(one.exposure[0].standard_error, 0.0));
    let empty = report(&Snapshot { entries: Vec::new() }, &[], &[], 10);
    assert_eq!((empty.drawable, empty.barred, empty.exposure.len()), (0, 0, 0));
}

#[test]
fn equal_papers_share_everything() {
    let report = report(&snapshot(40), &[0; 40], &vec![(0..40).collect(); 50], 1);
    assert_eq!((report.overlap_p99, report.overlap_max, report.pairs), (40, 40, 1225));
    assert!(near(report.overlap_mean, 40.0));
}

#[test]
#[should_panic(expected = "a trial holds what can be drawn")]
fn a_trial_with_a_barred_question_is_the_callers_fault() {
    report(&snapshot(2), &[0, NEVER_DRAWN], &[vec![1]], 1);
}

/// `count` of `entries`, every set equally likely.
fn uniform(stream: &mut ChaCha20Rng, entries: u32, count: usize) -> Vec<u32> {
    let mut all: Vec<u32> = (0..entries).collect();
    for (place, left) in (0..count).zip((1..=entries).rev()) {
        let other = place + usize::try_from(stream.next_u32() % left).expect("a small number");
        all.swap(place, other);
    }
    all.truncate(count);
    all.sort_unstable();
    all
}

/// Two uniform papers of 30 from 200 share a hypergeometric number of questions: the mean is 30² / 200 = 4.5.
#[test]
fn a_uniform_draw_is_hypergeometric() {
    let mut stream = ChaCha20Rng::from_seed([7; 32]);
    let trials: Vec<Vec<u32>> = (0..1200).map(|_| uniform(&mut stream, 200, 30)).collect();
    // The cells are by residue: exchangeable as all are.
    let cells: Vec<u32> = (0..200).map(|entry| entry % 4).collect();
    let report = report(&snapshot(200), &cells, &trials, 1000);
    assert_eq!((report.trials, report.pairs), (1200, 499_500));
    assert!((report.overlap_mean - 4.5).abs() < 0.05, "{}", report.overlap_mean);
    assert_eq!(report.overlap_p99, hypergeometric_p99(200, 30));
    let squares: f64 = report.exposure.iter().map(|one| one.share * one.share).sum();
    assert!((squares - report.overlap_mean).abs() < 0.05, "the analytic mean {squares}");
    for one in &report.exposure {
        assert!((one.share - 0.15).abs() < 4.0 * one.standard_error, "{} ± {}", one.share, one.standard_error);
        // A cell's count is hypergeometric: 7.5 with variance 30 · ¼ · ¾ · 170/199; over 50 questions and 1200 papers.
        let expected = (30.0 * 0.1875_f64 * 170.0 / 199.0 / 1200.0).sqrt() / 50.0;
        assert!((one.standard_error / expected - 1.0).abs() < 0.1, "{}", one.standard_error);
    }
    let total: f64 = report.exposure.iter().map(|one| one.papers).sum();
    assert!((total - 30_000.0).abs() < 1e-6, "every paper has 30 questions: {total}");
}

/// The smallest number that two sets of `count` of `all` exceed in at most one of a hundred cases.
fn hypergeometric_p99(all: u32, count: u32) -> u32 {
    // From the chance of none shared on, each chance from the one before.
    let mut chance: f64 = (0..count).map(|one| f64::from(all - count - one) / f64::from(all - one)).product();
    let mut sum = 0.0;
    for shared in 0..=count {
        sum += chance;
        if sum >= 0.99 {
            return shared;
        }
        let left = f64::from(count - shared);
        chance *= left * left / (f64::from(shared + 1) * f64::from(all + shared + 1 - 2 * count));
    }
    count
}

#[test]
fn json_is_read_back() {
    let report = report(&snapshot(4), &[0, 0, 1, 1], &[vec![0, 2], vec![1, 2], vec![0, 3]], 7);
    let json = serde_json::to_string(&report).expect("plain data");
    assert_eq!(serde_json::from_str::<Sufficiency>(&json).expect("as written"), report);
}
