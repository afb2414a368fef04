//! The spread of the true expected scores: the errors of all ratings, drawn again and again.
//!
//! A deviate is the sum of twelve bytes of the `ChaCha20` keystream, less its mean: variance one but for 1/65,536, near
//! to normal, and the same on every machine.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::Quantiles;
use super::index::{Index, MICRO, Rating};

/// A seed of ours, so that everybody who makes the sheet of a session makes the same one.
const SEED: [u8; 32] = *b"kaochang-fairness-sheet/1 seed..";

/// So many draws at a time, side by side in memory.
const LANES: usize = 8;

/// Bytes in one deviate.
const BYTES: usize = 12;

/// One true chance for each of two errors and each lane, in millionths: one line of the processor's cache.
type Lanes = [[u32; LANES]; 2];

/// The quantiles of the spread over the papers of the just-passing candidate's true expected score, when a question's
/// rating errs by the one or by the other of `sds_permille`, both by the same deviates. A true chance beyond 0 or 1 is
/// taken as 0 or 1.
pub(super) fn true_spreads(index: &Index<'_>, sds_permille: impl Fn(&Rating) -> [u32; 2]) -> [Quantiles; 2] {
    let errors: Vec<[i64; 2]> = index.questions.iter().map(|question| sds_permille(question).map(i64::from)).collect();
    let draws = usize::from(index.assumptions.draws);
    let mut stream = ChaCha20Rng::from_seed(SEED);
    let mut spreads: [Vec<u64>; 2] = [Vec::with_capacity(draws + LANES), Vec::with_capacity(draws + LANES)];
    let mut chances: Vec<Lanes> = vec![[[0; LANES]; 2]; errors.len()];
    while spreads[0].len() < draws {
        draw(&mut stream, index, &errors, &mut chances);
        for (all, some) in spreads.iter_mut().zip(spreads_of(index, &chances)) {
            all.extend(some);
        }
    }
    spreads.map(|mut spreads| {
        spreads.truncate(draws);
        quantiles(spreads)
    })
}

fn quantiles(mut spreads: Vec<u64>) -> Quantiles {
    spreads.sort_unstable();
    let quantile = |hundredths: usize| {
        let rank = (spreads.len() * hundredths).div_ceil(100).max(1);
        spreads.get(rank - 1).map_or(0, |spread| (spread + MICRO / 2) / MICRO)
    };
    Quantiles { low_milli: quantile(5), median_milli: quantile(50), high_milli: quantile(95) }
}

/// The true chances of each question: question after question, lane after lane, twelve bytes each.
fn draw(stream: &mut ChaCha20Rng, index: &Index<'_>, errors: &[[i64; 2]], chances: &mut [Lanes]) {
    const TWICE_THE_MEAN: i64 = 12 * 255;
    let mut bytes = [0; LANES * BYTES];
    for ((lanes, question), sds_permille) in chances.iter_mut().zip(&index.questions).zip(errors) {
        stream.fill_bytes(&mut bytes);
        for (lane, twelve) in bytes.chunks_exact(BYTES).enumerate() {
            let sum: i64 = twelve.iter().map(|&byte| i64::from(byte)).sum();
            for (lanes, sd_permille) in lanes.iter_mut().zip(sds_permille) {
                // The deviate is in units of 1/512 standard deviation.
                let error_micro = (2 * sum - TWICE_THE_MEAN) * sd_permille * 1000 / 512;
                let chance = (i64::from(question.chances_micro[1]) + error_micro).clamp(0, 1_000_000);
                lanes[lane] = u32::try_from(chance).expect("between nothing and a million");
            }
        }
    }
}

/// The spread over the papers for each error and lane, in milli-points times millionths.
fn spreads_of(index: &Index<'_>, chances: &[Lanes]) -> [[u64; LANES]; 2] {
    let (mut least, mut most) = ([[u64::MAX; LANES]; 2], [[0; LANES]; 2]);
    for paper in 0..index.papers() {
        let mut sums = [[0_u64; LANES]; 2];
        for item in index.items_of(paper) {
            for (sum, &chance) in sums.as_flattened_mut().iter_mut().zip(chances[item.question].as_flattened()) {
                *sum += u64::from(item.points_milli) * u64::from(chance);
            }
        }
        for (error, sums) in sums.into_iter().enumerate() {
            for (lane, sum) in sums.into_iter().enumerate() {
                least[error][lane] = least[error][lane].min(sum);
                most[error][lane] = most[error][lane].max(sum);
            }
        }
    }
    std::array::from_fn(|error| std::array::from_fn(|lane| most[error][lane].saturating_sub(least[error][lane])))
}
