//! Questions that are nearly the same: by the share of their groups of four characters (n-grams) that both have.

use std::collections::HashMap;

use super::text::plain;
use crate::question::Question;

/// Characters of a group.
const GROUP: usize = 4;
/// From so many groups of the shorter one on that both have, in percent, two questions are told.
const PERCENT: u32 = 60;
/// A text of fewer groups says too little to be compared.
const GROUPS_MIN: usize = 12;

/// Pairs of indices that are nearly the same, with the percentage of the shorter one's groups that the other has.
pub(super) fn pairs(questions: &[Question]) -> Vec<(usize, usize, u32)> {
    let texts: Vec<Vec<[char; GROUP]>> = questions.iter().map(groups).collect();
    let mut holders: HashMap<[char; GROUP], Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    for (index, groups) in texts.iter().enumerate() {
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for group in groups {
            let holders = holders.entry(*group).or_default();
            for other in holders.iter() {
                *shared.entry(*other).or_default() += 1;
            }
            holders.push(index);
        }
        for (other, count) in shared {
            let shorter = groups.len().min(texts[other].len());
            let percent = super::percent(count, shorter);
            if shorter >= GROUPS_MIN && percent >= PERCENT {
                pairs.push((other, index, percent));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

/// The different groups of stem and options.
fn groups(question: &Question) -> Vec<[char; GROUP]> {
    let text = plain(&question.revision.stem) + "\n" + &plain(&question.revision.options.join("\n"));
    let characters: Vec<char> = text.chars().collect();
    let mut groups: Vec<[char; GROUP]> =
        characters.windows(GROUP).map(|group| group.try_into().expect("as long as a group")).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}
