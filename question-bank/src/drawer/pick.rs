//! One choice among options whose weights are whole numbers of any size, each chosen with exactly its share.
//!
//! The choice reads a number between 0 and 1 from the stream, 32 bits at first, and looks where it falls among the cumulated
//! shares. 32 bits decide nearly always; where they fall too near a bound, more are read and compared exactly. So no
//! rounding enters, and no floating-point number.

use num_bigint::BigUint;

use crate::chance::Stream;
#[cfg(test)]
use crate::chance::unfold;

/// The options that have weight, each with the upper bound of its share in units of 2⁻³².
#[derive(Debug)]
pub(super) struct Picks {
    options: Box<[Slot]>,
    /// For the first bits of a number the first option that it may fall into; empty for a few options.
    guide: Box<[u16]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    /// Off by no more than [`SLACK`]; of the last option the largest number.
    bound: u32,
    option: u32,
}

/// How far a bound may be off, in units of 2⁻³².
const SLACK: u32 = 1;
/// From so many options on a guide shortens the way, by so many first bits.
const GUIDED: usize = 6;
const GUIDE_BITS: u32 = 6;

/// An option with its weight, as a product of two numbers.
pub(super) type Weighted<'a> = (u32, [&'a BigUint; 2]);

impl Picks {
    /// From options with their weights; those of weight 0 are left out. At least one has weight.
    pub(super) fn new<'a>(weighted: impl Iterator<Item = Weighted<'a>>) -> Self {
        let some = weighted.filter(|(_, [left, right])| **left != BigUint::ZERO && **right != BigUint::ZERO);
        let rough: Vec<(u32, Rough)> = some.map(|(option, weight)| (option, Rough::product(weight))).collect();
        let highest = rough.iter().map(|(_, weight)| weight.exponent).max().expect("at least one option has weight");
        let share = |weight: &Rough| weight.at(highest);
        let whole: u128 = rough.iter().map(|(_, weight)| share(weight)).sum();
        let mut sum = 0;
        let slot = |(option, weight): &(u32, Rough)| {
            sum += share(weight);
            Slot { bound: u32::try_from((sum << 32) / whole).unwrap_or(u32::MAX), option: *option }
        };
        let options: Box<[Slot]> = rough.iter().map(slot).collect();
        let first = |bits: u32| {
            let least = bits << (32 - GUIDE_BITS);
            u16::try_from(options.partition_point(|slot| slot.bound < least)).expect("no table has so many options")
        };
        let guide = if options.len() < GUIDED { Box::default() } else { (0..1 << GUIDE_BITS).map(first).collect() };
        Self { options, guide }
    }

    /// One option. `weighted` gives what [`Picks::new`] was given, for the rare case that 32 bits don't decide. A single
    /// option takes nothing from the stream.
    #[inline]
    pub(super) fn pick<'a, I: Iterator<Item = Weighted<'a>>>(
        &self,
        stream: &mut Stream,
        weighted: impl Fn() -> I,
    ) -> u32 {
        #[cfg(test)]
        if let Some(chosen) = unfold::choose(|| self.weights(weighted())) {
            return self.options[chosen].option;
        }
        if self.options.len() == 1 {
            return self.options[0].option;
        }
        let word = stream.word();
        let mut place = self.guide.get((word >> (32 - GUIDE_BITS)) as usize).map_or(0, |first| usize::from(*first));
        while self.options[place].bound < word {
            place += 1;
        }
        let near = |bound: u32| bound.abs_diff(word) <= SLACK;
        if near(self.options[place].bound) || place > 0 && near(self.options[place - 1].bound) {
            let (options, cumulated) = cumulate(weighted());
            return options[decide(&cumulated, word, || stream.word())];
        }
        self.options[place].option
    }

    /// The weights of the options, which must be those that the picks were made of.
    #[cfg(test)]
    fn weights<'a>(&self, weighted: impl Iterator<Item = Weighted<'a>>) -> Vec<BigUint> {
        let some = weighted.map(|(option, [left, right])| (option, left * right));
        let (options, weights): (Vec<u32>, Vec<BigUint>) = some.filter(|(_, one)| *one != BigUint::ZERO).unzip();
        let one = BigUint::from(1_u32);
        let anew = Self::new(options.iter().zip(&weights).map(|(option, weight)| (*option, [weight, &one])));
        let alike =
            |(left, right): (&Slot, &Slot)| left.option == right.option && left.bound.abs_diff(right.bound) <= SLACK;
        assert!(self.options.len() == anew.options.len() && self.options.iter().zip(&anew.options).all(alike));
        weights
    }
}

/// The first 64 binary digits of a number above 0, rounded down: `mantissa * 2^exponent`, the highest digit set.
///
/// Some thousand of them, added up and divided, err by less than one in 2⁻⁴⁰: far below the [`SLACK`] of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rough {
    mantissa: u64,
    exponent: i64,
}

impl Rough {
    fn of(number: &BigUint) -> Self {
        let mut digits = number.iter_u64_digits();
        let below = 64 * (i64::try_from(digits.len()).expect("a number that fits the memory") - 1);
        let (first, second) = (digits.next_back().unwrap_or(0), digits.next_back().unwrap_or(0));
        let zeros = first.leading_zeros();
        let rest = if zeros == 0 { 0 } else { second >> (64 - zeros) };
        Self { mantissa: first << zeros | rest, exponent: below - i64::from(zeros) }
    }

    fn product([left, right]: [&BigUint; 2]) -> Self {
        let (left, right) = (Self::of(left), Self::of(right));
        let product = u128::from(left.mantissa) * u128::from(right.mantissa);
        let zeros = product.leading_zeros();
        let mantissa = u64::try_from((product << zeros) >> 64).expect("64 digits are left");
        Self { mantissa, exponent: left.exponent + right.exponent + 64 - i64::from(zeros) }
    }

    /// In units of `2^exponent`, which is no smaller than its own.
    fn at(self, exponent: i64) -> u128 {
        let shift = u32::try_from(exponent - self.exponent).unwrap_or(u32::MAX);
        u128::from(self.mantissa).checked_shr(shift).unwrap_or(0)
    }
}

/// The options that have weight, and their exact weights added up.
fn cumulate<'a>(weighted: impl Iterator<Item = Weighted<'a>>) -> (Vec<u32>, Vec<BigUint>) {
    let mut sum = BigUint::ZERO;
    let some = weighted.map(|(option, [left, right])| (option, left * right)).filter(|(_, one)| *one != BigUint::ZERO);
    some.map(|(option, weight)| {
        sum += weight;
        (option, sum.clone())
    })
    .unzip()
}

/// Which share the number falls into that begins with `word` after the point, reading on until it is certain.
#[cold]
fn decide(cumulated: &[BigUint], word: u32, mut more: impl FnMut() -> u32) -> usize {
    let whole = cumulated.last().expect("at least one option");
    let (mut low, mut bits) = (BigUint::from(word), 32_u32);
    loop {
        // The number lies in [low, low + 1) / 2^bits; a bound c / whole is passed when low * whole >= c << bits.
        let scaled = &low * whole;
        let place = cumulated.partition_point(|bound| (bound << bits) <= scaled);
        if (&cumulated[place] << bits) >= scaled + whole {
            return place;
        }
        low = (low << 32_u32) + more();
        bits += 32;
    }
}

/// True with exactly the probability `part / whole`, where `part <= whole` and `whole > 0`.
pub(super) fn coin(part: &BigUint, whole: &BigUint, stream: &mut Stream) -> bool {
    #[cfg(test)]
    if let Some(chosen) = unfold::choose(|| vec![part.clone(), whole - part]) {
        return chosen == 0;
    }
    if part == whole {
        return true;
    }
    let cumulated = [part.clone(), whole.clone()];
    let word = stream.word();
    decide(&cumulated, word, || stream.word()) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Secret;

    fn big(numbers: &[u64]) -> Vec<BigUint> {
        numbers.iter().map(|number| BigUint::from(*number)).collect()
    }

    /// 1/3 = 0.010101… in binary: a number that begins alike is decided by what follows.
    #[test]
    fn more_bits_decide_exactly() {
        let cumulated = big(&[1, 3]);
        let third = u32::MAX / 3;
        let decided = |words: &[u32]| {
            let mut words = words.iter().copied();
            let first = words.next().expect("a first word");
            let place = decide(&cumulated, first, || words.next().expect("enough words"));
            (place, words.count())
        };
        assert_eq!(decided(&[third - 1]), (0, 0));
        assert_eq!(decided(&[third + 1]), (1, 0));
        assert_eq!(decided(&[third, third - 1]), (0, 0));
        assert_eq!(decided(&[third, third, third + 1]), (1, 0));
    }

    fn weighted<'a>(weights: &'a [BigUint], one: &'a BigUint) -> impl Iterator<Item = Weighted<'a>> {
        (0..).zip(weights).map(move |(option, weight)| (option, [weight, one]))
    }

    fn one() -> BigUint {
        BigUint::from(1_u32)
    }

    /// Words near a bound are decided by the exact weights, all others as by them; also for numbers of many words, and for
    /// weights too small to be seen beside the others.
    #[test]
    fn the_short_way_agrees_with_the_exact_one() {
        for shift in [0_u32, 1, 63, 64, 65, 300] {
            let weights: Vec<BigUint> =
                (0..40_u32).map(|one| (BigUint::from(one * one % 7 * 977) << shift) + one % 3).collect();
            let factor = big(&[12_345_678_901]).remove(0) << (shift / 2);
            let picks = Picks::new(weighted(&weights, &factor));
            let (options, cumulated) = cumulate(weighted(&weights, &factor));
            assert_eq!(options, picks.options.iter().map(|slot| slot.option).collect::<Vec<_>>());
            for slot in &picks.options {
                for word in slot.bound.saturating_sub(5)..=slot.bound.saturating_add(5) {
                    let place = picks.options.partition_point(|slot| slot.bound < word);
                    let near = |bound: u32| bound.abs_diff(word) <= SLACK;
                    if !near(picks.options[place].bound) && (place == 0 || !near(picks.options[place - 1].bound)) {
                        let exact = |low: u32| decide(&cumulated, word, || low);
                        assert_eq!((exact(0), exact(u32::MAX)), (place, place), "{word} at {shift}");
                    }
                }
            }
        }
    }

    /// The guide and the short way, against a twin of the stream whose numbers are compared exactly.
    #[test]
    fn a_pick_is_what_the_exact_way_gives_for_the_same_words() {
        let factor = one();
        for options in [2_u32, 5, 6, 7, 40, 300] {
            // Among them options of no weight, and some that take many sixty-fourths of the whole, or none.
            let weight = |option: u32| BigUint::from(option % 3) * BigUint::from(7_u32).pow(option % 5 * 3);
            let weights: Vec<BigUint> = (0..options).map(weight).collect();
            let picks = Picks::new(weighted(&weights, &factor));
            assert_eq!(picks.guide.is_empty(), picks.options.len() < GUIDED);
            let (numbers, cumulated) = cumulate(weighted(&weights, &factor));
            let stream = || Stream::of(&Secret::join(b"a", b"b"), "test", &options.to_string());
            let (mut stream, mut twin) = (stream(), stream());
            for _ in 0..5000 {
                let picked = picks.pick(&mut stream, || weighted(&weights, &factor));
                let exact = if numbers.len() == 1 {
                    numbers[0]
                } else {
                    let word = twin.word();
                    numbers[decide(&cumulated, word, || twin.word())]
                };
                assert_eq!(picked, exact, "of {options}");
            }
        }
    }

    /// With so many options some words fall on a bound, where 32 bits don't decide and a pick reads on.
    #[test]
    fn a_word_on_a_bound_is_decided_by_the_next() {
        let factor = one();
        let weights: Vec<BigUint> = (0..50_000_u32).map(|option| BigUint::from(option % 7 + 1)).collect();
        let picks = Picks::new(weighted(&weights, &factor));
        let (numbers, cumulated) = cumulate(weighted(&weights, &factor));
        let stream = || Stream::of(&Secret::join(b"a", b"b"), "test", "bounds");
        let (mut stream, mut twin, mut more) = (stream(), stream(), 0);
        for _ in 0..400_000 {
            let picked = picks.pick(&mut stream, || weighted(&weights, &factor));
            let word = twin.word();
            let exact = decide(&cumulated, word, || {
                more += 1;
                twin.word()
            });
            assert_eq!(picked, numbers[exact]);
        }
        assert!(more > 0, "no word fell on a bound: take another sitting");
    }

    #[test]
    fn options_without_weight_are_never_picked() {
        let (weights, one) = (big(&[0, 1, 0, 1]), one());
        let picks = Picks::new(weighted(&weights, &one));
        assert_eq!(*picks.options, [Slot { bound: 1 << 31, option: 1 }, Slot { bound: u32::MAX, option: 3 }]);
    }

    #[test]
    fn shares_are_met() {
        let (weights, one) = (big(&[1, 2, 5]), one());
        let picks = Picks::new(weighted(&weights, &one));
        let mut stream = Stream::of(&Secret::join(b"a", b"b"), "test", "shares");
        let mut counts = [0_i32; 3];
        for _ in 0..8000 {
            counts[picks.pick(&mut stream, || weighted(&weights, &one)) as usize] += 1;
        }
        assert!(
            counts.iter().zip([1000, 2000, 5000]).all(|(found, wanted)| (found - wanted).abs() < 200),
            "{counts:?}"
        );
        let three = BigUint::from(3_u32);
        let heads = (0..9000).filter(|_| coin(&one, &three, &mut stream)).count();
        assert!(heads.abs_diff(3000) < 200, "{heads}");
        assert!(coin(&three, &three, &mut stream));
    }
}
