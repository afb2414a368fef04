//! Whole numbers of a fixed width for the large tables of [`super::joint`], where a heap allocation for each of a hundred
//! million sums would cost more than the sums.

use num_bigint::BigUint;

/// A number of `L` words, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide<const L: usize>([u64; L]);

impl<const L: usize> Wide<L> {
    pub(super) const ZERO: Self = Self([0; L]);

    pub(super) const ONE: Self = {
        let mut words = [0; L];
        words[0] = 1;
        Self(words)
    };

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Adds `left * right`, where `right` is given by its words, the lowest first.
    ///
    /// Panics where the sum has more than `L` words: the caller chose `L` by a bound on every sum.
    pub(super) fn add_product(&mut self, left: &Self, right: &[u64]) {
        for (shift, factor) in right.iter().enumerate() {
            let mut carry = 0_u128;
            for (place, word) in left.0.iter().enumerate() {
                match self.0.get_mut(place + shift) {
                    Some(sum) => {
                        carry += u128::from(*sum) + u128::from(*word) * u128::from(*factor);
                        *sum = low(carry);
                        carry >>= 64;
                    }
                    None => assert!(*word == 0 || *factor == 0, "a number grew beyond the width chosen for it"),
                }
            }
            assert!(carry == 0, "a number grew beyond the width chosen for it");
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.add_product(other, &[1]);
    }

    /// The words up to the highest that is not zero, the lowest first.
    pub(super) fn digits(&self) -> &[u64] {
        let used = self.0.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        &self.0[..used]
    }

    pub(super) fn to_big(self) -> BigUint {
        let halves = self.0.iter().flat_map(|word| {
            [u32::try_from(word & 0xffff_ffff).expect("32 bits"), u32::try_from(word >> 32).expect("32 bits")]
        });
        BigUint::new(halves.collect())
    }
}

/// The lower 64 of 128 bits.
fn low(wide: u128) -> u64 {
    u64::try_from(wide & u128::from(u64::MAX)).expect("64 bits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wide(words: [u64; 2]) -> Wide<5> {
        Wide([words[0], words[1], 0, 0, 0])
    }

    proptest! {
        #[test]
        fn agrees_with_big_numbers(sum: [u64; 2], left: [u64; 2], right: [u64; 2]) {
            let mut found = wide(sum);
            found.add_product(&wide(left), &right);
            prop_assert_eq!(found.to_big(), wide(sum).to_big() + wide(left).to_big() * wide(right).to_big());
        }
    }

    #[test]
    #[should_panic(expected = "beyond the width")]
    fn refuses_to_wrap() {
        let mut sum = Wide::<1>([u64::MAX]);
        sum.add(&Wide::ONE);
    }
}
