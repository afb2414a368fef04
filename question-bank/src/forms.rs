//! Parallel forms: a few papers for everybody, of equal difficulty, disjoint or with a bounded overlap.
//!
//! Each form is drawn like any paper, so it meets every rule of the blueprint. What forms before it hold is taken only when
//! nothing fresh is left, and then what was used least; a form that shares more than allowed with another is thrown away.
//! Where disjoint forms run short the programme is made anew for what remains of the bank.

use crate::blueprint::Forms;
use crate::chance::{Secret, Stream};
use crate::drawer::{Drawer, Refusal, Selection};

/// After so many vain attempts at a form the programme is made anew; after so many more the bank is at its end.
const ATTEMPTS_FIRST: u32 = 400;
const ATTEMPTS_MAX: u32 = 20_000;

/// Draws the forms of a session.
pub fn forms(drawer: &Drawer<'_>, wanted: Forms, secret: &Secret) -> Result<Vec<Selection>, Refusal> {
    let mut stream = Stream::of(secret, "forms", "");
    let mut uses = Uses { counts: vec![0; drawer.classes().len()], forms: Vec::new(), overlap_max: wanted.overlap_max };
    let mut rest: Option<Drawer<'_>> = None;
    for number in 0..wanted.count {
        let end = || Refusal::Forms { found: number, wanted: wanted.count };
        let current = rest.as_ref().unwrap_or(drawer);
        let mut form = current.draw_sparing(&mut stream, &uses, ATTEMPTS_FIRST);
        if form.is_none() {
            if wanted.overlap_max == 0 {
                rest = Some(drawer.for_resitter(&drawer.questions(&uses.held())).map_err(|_| end())?);
            }
            let current = rest.as_ref().unwrap_or(drawer);
            form = current.draw_sparing(&mut stream, &uses, ATTEMPTS_MAX);
        }
        uses.add(form.ok_or_else(end)?);
    }
    Ok(uses.forms)
}

/// What the forms so far hold.
pub(crate) struct Uses {
    /// For each entry of the snapshot, on how many forms it stands.
    counts: Vec<u32>,
    forms: Vec<Selection>,
    overlap_max: u32,
}

impl Uses {
    /// On how many forms an entry stands.
    pub(crate) fn of(&self, entry: u32) -> u32 {
        self.counts[entry as usize]
    }

    /// Whether a form, ascending, shares no more with any other than it may.
    pub(crate) fn allow(&self, form: &[u32]) -> bool {
        self.forms.iter().all(|other| shared(other.indices(), form) <= self.overlap_max)
    }

    fn add(&mut self, form: Selection) {
        form.indices().iter().for_each(|entry| self.counts[*entry as usize] += 1);
        self.forms.push(form);
    }

    /// The entries that stand on any form.
    fn held(&self) -> Vec<u32> {
        (0..).zip(&self.counts).filter(|(_, count)| **count > 0).map(|(entry, _)| entry).collect()
    }
}

/// How many numbers two ascending lists share.
fn shared(left: &[u32], right: &[u32]) -> u32 {
    let (mut left, mut right, mut count) = (left.iter().peekable(), right.iter().peekable(), 0);
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        match one.cmp(other) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                left.next();
                right.next();
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::earlier::EarlierPapers;
    use crate::synthetic;

    fn drawn(questions: usize, wanted: Forms) -> Result<Vec<Selection>, Refusal> {
        let bank = synthetic::bank(questions, 60, &synthetic::FUNCTIONS, 7);
        let blueprint = synthetic::blueprint(&bank, &synthetic::FUNCTIONS, 0, 7);
        let earlier = EarlierPapers::default();
        let drawer = Drawer::new(&blueprint, &bank, &earlier).expect("the bank suffices");
        forms(&drawer, wanted, &Secret::join(b"a", b"b"))
    }

    fn overlaps(forms: &[Selection]) -> Vec<u32> {
        let pairs =
            forms.iter().enumerate().flat_map(|(number, one)| forms[..number].iter().map(move |other| (one, other)));
        pairs.map(|(one, other)| shared(one.indices(), other.indices())).collect()
    }

    #[test]
    fn disjoint_forms_share_nothing() {
        let forms =
            drawn(3000, Forms { count: 12, overlap_max: 0 }).expect("a quarter of the bank is enough for so few");
        assert_eq!(forms.len(), 12);
        assert!(forms.iter().all(|form| form.indices().len() == 100));
        assert!(overlaps(&forms).iter().all(|shared| *shared == 0));
    }

    #[test]
    fn overlap_stays_within_its_bound_and_is_used() {
        let forms = drawn(600, Forms { count: 10, overlap_max: 30 }).expect("ten forms of 100 from 600 must share");
        let overlaps = overlaps(&forms);
        assert!(
            overlaps.iter().all(|shared| *shared <= 30) && overlaps.iter().any(|shared| *shared > 0),
            "{overlaps:?}"
        );
    }

    #[test]
    fn a_bank_at_its_end_says_how_many_forms_it_gave() {
        let Err(Refusal::Forms { found, wanted: 10 }) = drawn(600, Forms { count: 10, overlap_max: 0 }) else {
            panic!("ten disjoint forms of 100 can't be had from 600 questions")
        };
        assert!((1..=6).contains(&found), "{found}");
    }
}
