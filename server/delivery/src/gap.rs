//! Time lost on one PC or in one room, as the server saw it: from the last sign of life of a page until the next. Each gap of a
//! sitting that is being written is proposed to the proctor, who grants or dismisses it; where many of a room were silent
//! together (a switch died), it is one proposal for the room.

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::{GAP_PROPOSED_MS, ROOM_GAP_SITTINGS_MIN};

/// A time in which nothing was heard of a page, on the exam clock without the pauses of its room: neither an outage nor a pause is
/// in it, for they cost nobody anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Last heard.
    pub from_ms: i64,
    /// Heard again.
    pub until_ms: i64,
    /// Whether the page brought answers along that were chosen meanwhile.
    pub went_on: bool,
}

/// What is proposed to the proctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// For one sitting, or for everybody of the room who writes.
    pub sitting: Option<&'a str>,
    /// One sitting's gaps together, or the longest of those of the room.
    pub gap_ms: i64,
    /// What was measured, and of whom. No gap is in two proposals.
    pub gaps: Vec<(&'a str, Gap)>,
}

impl<'a> Proposal<'a> {
    /// Whose gaps these are.
    pub fn silent(&self) -> BTreeSet<&'a str> {
        self.gaps.iter().map(|(sitting, _)| *sitting).collect()
    }

    /// Who of them went on answering.
    pub fn went_on(&self) -> BTreeSet<&'a str> {
        self.gaps.iter().filter(|(_, gap)| gap.went_on).map(|(sitting, _)| *sitting).collect()
    }
}

impl Gap {
    /// The gap that ends with this sign of life, if it is one to be proposed.
    pub fn measured(last_heard_ms: Option<i64>, now_ms: i64, went_on: bool) -> Option<Self> {
        let from_ms = last_heard_ms?;
        (now_ms - from_ms >= GAP_PROPOSED_MS).then_some(Self { from_ms, until_ms: now_ms, went_on })
    }

    /// Its length.
    pub fn length_ms(&self) -> i64 {
        self.until_ms - self.from_ms
    }

    fn meets(&self, other: &Self) -> bool {
        self.from_ms < other.until_ms && other.from_ms < self.until_ms
    }
}

/// What is proposed of these gaps, in a room where so many are writing: the room's proposal first, if there is one.
pub fn proposals<'a>(gaps: &[(&'a str, Gap)], writing: usize) -> Vec<Proposal<'a>> {
    let longest = gaps.iter().map(|(_, gap)| *gap).max_by_key(Gap::length_ms);
    let (together, alone): (Vec<_>, Vec<_>) =
        gaps.iter().copied().partition(|(_, gap)| longest.is_some_and(|longest| gap.meets(&longest)));
    let gap_ms = longest.map_or(0, |longest| longest.length_ms());
    let room = Proposal { sitting: None, gap_ms, gaps: together };
    let silent = room.silent().len();
    if silent >= ROOM_GAP_SITTINGS_MIN && silent * 2 >= writing {
        return std::iter::once(room).chain(ones(&alone)).collect();
    }
    ones(gaps)
}

/// Each sitting's own.
fn ones<'a>(gaps: &[(&'a str, Gap)]) -> Vec<Proposal<'a>> {
    let mut of: BTreeMap<&'a str, Vec<(&'a str, Gap)>> = BTreeMap::new();
    for (sitting, gap) in gaps {
        of.entry(sitting).or_default().push((sitting, *gap));
    }
    let one = |(sitting, gaps): (&'a str, Vec<(&'a str, Gap)>)| Proposal {
        sitting: Some(sitting),
        gap_ms: gaps.iter().map(|(_, gap)| gap.length_ms()).sum(),
        gaps,
    };
    of.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gap(from_ms: i64, until_ms: i64) -> Gap {
        Gap { from_ms, until_ms, went_on: from_ms % 2 == 0 }
    }

    #[test]
    fn a_short_silence_is_no_gap() {
        assert_eq!(Gap::measured(None, 99_999_999, true), None, "nothing was heard before");
        assert_eq!(Gap::measured(Some(1_000), 1_000 + GAP_PROPOSED_MS - 1, true), None);
        let whole = Gap::measured(Some(1_000), 1_000 + GAP_PROPOSED_MS, false);
        assert_eq!(whole.map(|gap| gap.length_ms()), Some(GAP_PROPOSED_MS));
    }

    #[test]
    fn thirty_silent_together_are_one_proposal_and_one_alone_is_its_own() {
        let names: Vec<String> = (0..30).map(|n| format!("s{n:02}")).collect();
        let mut gaps: Vec<(&str, Gap)> =
            (0..).zip(&names).map(|(n, name)| (name.as_str(), gap(100_000 + n * 100, 460_000 + n * 200))).collect();
        gaps.push(("alone", gap(900_000, 1_000_000)));
        let all = proposals(&gaps, 31);
        let told: Vec<_> = all.iter().map(|p| (p.sitting, p.gap_ms, p.silent().len(), p.went_on().len())).collect();
        assert_eq!(told, [(None, 362_900, 30, 30), (Some("alone"), 100_000, 1, 1)]);
    }

    #[test]
    fn two_of_thirty_are_two_and_gaps_of_one_add_up() {
        let gaps = [("a", gap(1, 60_001)), ("b", gap(3, 50_003)), ("a", gap(100_001, 140_001))];
        let told: Vec<_> = proposals(&gaps, 30).iter().map(|p| (p.sitting, p.gap_ms, p.went_on().len())).collect();
        assert_eq!(told, [(Some("a"), 100_000, 0), (Some("b"), 50_000, 0)]);
        assert_eq!(proposals(&[], 30), []);
    }

    proptest! {
        /// Whatever was measured: everybody is in one proposal, and nobody's is shorter than their longest gap in it.
        #[test]
        fn nobody_is_left_out(gaps in prop::collection::vec((0_usize..6, 0_i64..300_000, 30_000_i64..400_000), 0..12), writing in 1_usize..8) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let gaps: Vec<(&str, Gap)> =
                gaps.into_iter().map(|(who, from, long)| (names[who], gap(from, from + long))).collect();
            let all = proposals(&gaps, writing);
            for (who, gap) in &gaps {
                let its = |p: &&Proposal<'_>| p.gaps.contains(&(*who, *gap));
                prop_assert!(all.iter().any(|p| its(&p) && p.gap_ms >= gap.length_ms()), "{who} {gap:?} in {all:?}");
            }
            prop_assert_eq!(all.iter().map(|p| p.gaps.len()).sum::<usize>(), gaps.len(), "no gap is in two");
            prop_assert!(all.iter().filter(|p| p.sitting.is_none()).count() <= 1);
        }
    }
}
