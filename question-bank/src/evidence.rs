//! The proof of a session: what is committed to before the draw, the draw of a whole session, and what is opened after it.
//!
//! The commitment is one digest over the secret and every input: bank, blueprint, roster with reserves, earlier papers,
//! engine. It is published before the exam and shows nothing. Afterwards everything is opened, and anyone draws the papers
//! again and compares.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::blueprint::Blueprint;
use crate::chance::{Secret, Stream};
use crate::digest::{self, Digest, DigestOf};
use crate::drawer::{Drawer, ENGINE, Refusal, RosterFault, Selection};
use crate::earlier::EarlierPapers;
use crate::forms;
use crate::order::{self, Arranged};
use crate::paper::{Paper, Snapshot};
use crate::roster::{Place, Roster};

/// Everything that the papers of a session follow from, but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// [`ENGINE`] of the build that drew.
    pub engine: String,
    /// What each paper had to contain.
    pub blueprint: Blueprint,
    /// What the papers were drawn from.
    pub snapshot: Snapshot,
    /// Whom they were drawn for.
    pub roster: Roster,
    /// What they had to keep away from.
    pub earlier: EarlierPapers,
}

/// One sitting's paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// The sitting's id.
    pub sitting: String,
    /// Its paper.
    pub paper: Paper,
    /// Places where a neighbour's paper holds the same question, because a block has too few places to avoid it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clashes: Vec<u32>,
}

/// A reserve that a candidate was given after the draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// The reserve sitting's id.
    pub sitting: String,
    /// A digest that binds the sitting to the candidate without naming them.
    pub candidate: Digest,
    /// The seat it got.
    pub place: Place,
}

/// The papers of a session as they were drawn, kept small: each is written out in full when it is asked for.
#[derive(Debug)]
pub struct Papers<'a> {
    inputs: &'a Inputs,
    sittings: Vec<&'a str>,
    arranged: Vec<Arranged>,
}

impl Papers<'_> {
    /// How many.
    pub fn len(&self) -> usize {
        self.arranged.len()
    }

    /// True, if nobody sits.
    pub fn is_empty(&self) -> bool {
        self.arranged.is_empty()
    }

    /// One paper: those of the roster in its order, then the reserves'.
    pub fn get(&self, number: usize) -> Option<Drawn> {
        Some(self.inputs.in_full(self.sittings.get(number)?, self.arranged.get(number)?))
    }

    /// All of them, one after another.
    pub fn iter(&self) -> impl Iterator<Item = Drawn> {
        (0..self.len()).map_while(|number| self.get(number))
    }
}

impl Inputs {
    /// The digests of all inputs.
    pub fn digests(&self) -> Digests {
        Digests {
            engine: self.engine.clone(),
            blueprint: self.blueprint.digest(),
            snapshot: self.snapshot.digest(),
            roster: self.roster.digest(),
            earlier: self.earlier.digest(),
        }
    }

    /// What is published before the exam.
    pub fn commitment(&self, secret: &Secret) -> Digest {
        self.digests().commitment(secret)
    }

    /// Draws every paper on so many threads: those of the roster in its order, then the reserves.
    ///
    /// `progress` is told how many papers are drawn so far, from any thread.
    pub fn draw(
        &self,
        secret: &Secret,
        threads: NonZeroUsize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Papers<'_>, Refusal> {
        self.refuse_strangers()?;
        let drawer = Drawer::new(&self.blueprint, &self.snapshot, &self.earlier)?;
        self.draw_by(&drawer, secret, threads, progress)
    }

    /// The same by a drawer that was made before, of an equal blueprint, bank and list of earlier papers.
    pub fn draw_by(
        &self,
        drawer: &Drawer<'_>,
        secret: &Secret,
        threads: NonZeroUsize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Papers<'_>, Refusal> {
        self.refuse_strangers()?;
        let forms = self.blueprint.forms.map(|wanted| forms::forms(drawer, wanted, secret)).transpose()?;
        let seated = self.roster.seated.iter().map(|seated| seated.sitting.as_str());
        let sittings: Vec<&str> = seated.chain(self.roster.reserves.iter().map(String::as_str)).collect();
        let selections = self.select(drawer, forms.as_deref(), secret, &sittings, threads, progress)?;
        let arranged = self.arrange_all(secret, &sittings, &selections, threads);
        Ok(Papers { inputs: self, sittings, arranged })
    }

    /// The paper of a reserve, put in order for the seat it got: what is drawn stays as it was.
    ///
    /// `papers` are those of [`draw`](Self::draw); `before` are the reserves that were used before, with their papers as
    /// this method gave them in `papers`' stead.
    pub fn late(&self, secret: &Secret, papers: &[Drawn], before: &[Late], this: &Late) -> Result<Drawn, Refusal> {
        if !self.roster.reserves.contains(&this.sitting) || before.iter().any(|late| late.sitting == this.sitting) {
            return Err(Refusal::Roster(vec![RosterFault::NoReserve(this.sitting.clone())]));
        }
        let places = self.roster.seated.iter().map(|seated| (&seated.sitting, seated.place));
        let places: HashMap<&String, Place> =
            places.chain(before.iter().map(|late| (&late.sitting, late.place))).collect();
        if places.values().any(|place| *place == this.place) {
            return Err(Refusal::Roster(vec![RosterFault::SamePlace(this.sitting.clone(), this.place)]));
        }
        let own = papers.iter().find(|drawn| drawn.sitting == this.sitting);
        let own = own.ok_or_else(|| Refusal::Roster(vec![RosterFault::NoReserve(this.sitting.clone())]))?;
        let strange = |drawn: &Drawn| Refusal::Roster(vec![RosterFault::StrangePaper(drawn.sitting.clone())]);
        let selection = Selection::of(&own.paper, &self.snapshot).ok_or_else(|| strange(own))?;
        let beside = |drawn: &&Drawn| places.get(&drawn.sitting).is_some_and(|place| place.is_beside(&this.place));
        let entries = |drawn: &Drawn| self.snapshot.places(&drawn.paper).ok_or_else(|| strange(drawn));
        let neighbours: Vec<Vec<u32>> = papers.iter().filter(beside).map(entries).collect::<Result<_, _>>()?;
        let neighbours: Vec<&[u32]> = neighbours.iter().map(Vec::as_slice).collect();
        let arranged = order::arrange(&self.snapshot, &selection, secret, &this.sitting, &neighbours);
        Ok(self.in_full(&this.sitting, &arranged))
    }

    fn in_full(&self, sitting: &str, arranged: &Arranged) -> Drawn {
        let paper = arranged.paper(&self.blueprint, &self.snapshot);
        Drawn { sitting: sitting.to_owned(), paper, clashes: arranged.clashes().to_vec() }
    }

    fn refuse_strangers(&self) -> Result<(), Refusal> {
        if self.engine != ENGINE {
            return Err(Refusal::Engine { found: self.engine.clone() });
        }
        let mut faults = Vec::new();
        let (mut sittings, mut places) = (BTreeSet::new(), BTreeSet::new());
        let seated = self.roster.seated.iter().map(|seated| &seated.sitting);
        for sitting in seated.chain(&self.roster.reserves) {
            if !sittings.insert(sitting) {
                faults.push(RosterFault::DuplicateSitting(sitting.clone()));
            }
        }
        for seated in &self.roster.seated {
            if !places.insert(seated.place) {
                faults.push(RosterFault::SamePlace(seated.sitting.clone(), seated.place));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Roster(faults)) }
    }

    /// Draws what stands on each sitting's paper. Sittings are independent, so the threads share them out as they come.
    fn select(
        &self,
        drawer: &Drawer<'_>,
        forms: Option<&[Selection]>,
        secret: &Secret,
        sittings: &[&str],
        threads: NonZeroUsize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Selection>, Refusal> {
        let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let one = |number: usize| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let sitting = sittings[number];
            let one = match (forms, self.earlier.seen.get(sitting)) {
                (Some(forms), seen) => self.form(forms, seen, secret, sitting),
                (None, None) => drawer.select(secret, sitting),
                (None, Some(seen)) => drawer.for_resitter(seen).and_then(|drawer| drawer.select(secret, sitting)),
            };
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            let one = one.inspect_err(|_| stop.store(true, Ordering::Relaxed));
            Some(one.map_err(|refusal| self.for_sitting(sitting, refusal)))
        };
        // What was not drawn any more comes after the refusal that stopped it, or beside it: the refusal is found first.
        let drawn: Vec<_> = share_out(sittings.len(), threads, &one);
        match drawn.iter().flatten().find(|one| one.is_err()) {
            Some(Err(refusal)) => Err(refusal.clone()),
            _ => drawn.into_iter().map(|one| one.expect("nothing stopped the draw")).collect(),
        }
    }

    /// Puts every paper in order. Rooms are apart, so the threads share them out; within a room each paper is kept apart
    /// from those of the neighbours before it on the roster.
    fn arrange_all(
        &self,
        secret: &Secret,
        sittings: &[&str],
        selections: &[Selection],
        threads: NonZeroUsize,
    ) -> Vec<Arranged> {
        let mut rooms: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (number, seated) in self.roster.seated.iter().enumerate() {
            rooms.entry(seated.place.room).or_default().push(number);
        }
        let reserves = (self.roster.seated.len()..sittings.len()).map(|number| vec![number]);
        let groups: Vec<Vec<usize>> = rooms.into_values().chain(reserves).collect();
        let group = |group: usize| {
            let mut seats = Seating::default();
            let mut drawn: Vec<(usize, Arranged)> = Vec::with_capacity(groups[group].len());
            for &number in &groups[group] {
                let place = self.roster.seated.get(number).map(|seated| seated.place);
                let beside = place.map(|place| seats.beside(place)).unwrap_or_default();
                let neighbours: Vec<&[u32]> = beside.into_iter().map(|index: usize| drawn[index].1.entries()).collect();
                let (selection, sitting) = (&selections[number], sittings[number]);
                let arranged = order::arrange(&self.snapshot, selection, secret, sitting, &neighbours);
                if let Some(place) = place {
                    seats.0.insert(place, drawn.len());
                }
                drawn.push((number, arranged));
            }
            drawn
        };
        let mut drawn: Vec<(usize, Arranged)> =
            share_out(groups.len(), threads, &group).into_iter().flatten().collect();
        drawn.sort_unstable_by_key(|(number, _)| *number);
        drawn.into_iter().map(|(_, arranged)| arranged).collect()
    }

    /// The form that falls to a sitting by lot, of those that hold nothing it saw before.
    fn form(
        &self,
        forms: &[Selection],
        seen: Option<&Vec<String>>,
        secret: &Secret,
        sitting: &str,
    ) -> Result<Selection, Refusal> {
        let question = |entry: &u32| &self.snapshot.entries[*entry as usize].question;
        let unseen = |form: &&Selection| {
            seen.is_none_or(|seen| !form.indices().iter().any(|entry| seen.contains(question(entry))))
        };
        let open: Vec<&Selection> = forms.iter().filter(unseen).collect();
        if open.is_empty() {
            return Err(Refusal::FormsSeen);
        }
        Ok(open[Stream::of(secret, "form", sitting).index(open.len())].clone())
    }

    /// A re-sitter's own trouble is not that of the session.
    fn for_sitting(&self, sitting: &str, refusal: Refusal) -> Refusal {
        if self.earlier.seen.contains_key(sitting) {
            Refusal::Resitter { sitting: sitting.to_owned(), refusal: Box::new(refusal) }
        } else {
            refusal
        }
    }
}

/// Does `count` pieces of work on so many threads, each taking the next that nobody has; the results in order.
fn share_out<T: Send>(count: usize, threads: NonZeroUsize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = || {
        let numbers =
            std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|number| *number < count);
        numbers.map(|number| (number, work(number))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.get()).map(|_| scope.spawn(take)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a drawing thread panicked")).collect()
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Who sits where, to find neighbours.
#[derive(Default)]
struct Seating(HashMap<Place, usize>);

impl Seating {
    /// Who sits on the up to eight seats around one.
    fn beside(&self, place: Place) -> Vec<usize> {
        let rows = place.row.saturating_sub(1)..=place.row.saturating_add(1);
        let around = rows.flat_map(|row| {
            (place.column.saturating_sub(1)..=place.column.saturating_add(1)).map(move |column| Place {
                room: place.room,
                row,
                column,
            })
        });
        around.filter(|other| other.is_beside(&place)).filter_map(|other| self.0.get(&other).copied()).collect()
    }
}

/// The digest of each input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// [`ENGINE`].
    pub engine: String,
    /// [`Blueprint::digest`].
    pub blueprint: Digest,
    /// [`Snapshot::digest`].
    pub snapshot: Digest,
    /// [`Roster::digest`].
    pub roster: Digest,
    /// [`EarlierPapers::digest`].
    pub earlier: Digest,
}

impl Digests {
    /// Binds all of them to the secret.
    pub fn commitment(&self, secret: &Secret) -> Digest {
        DigestOf::new("kaochang-commitment/2")
            .bytes(secret.as_bytes())
            .digest(&self.snapshot)
            .digest(&self.blueprint)
            .digest(&self.roster)
            .digest(&self.earlier)
            .text(&self.engine)
            .finish()
    }
}

/// What is published after the exam: enough to draw every paper again and to compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The commitment as it was published before.
    pub commitment: Digest,
    /// The digests that it was made of.
    pub digests: Digests,
    /// What the two officers contributed to the secret, each in hexadecimal digits.
    pub contributions: [String; 2],
    /// Everything else that the papers follow from.
    pub inputs: Inputs,
    /// The reserves that were used, in the order of their use.
    pub late: Vec<Late>,
    /// Every paper, as it was sat: the roster's, then the reserves'.
    pub papers: Vec<Drawn>,
}

/// What was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The commitment; to be compared with what was published before the exam.
    pub commitment: Digest,
    /// How many papers of the roster were drawn again and found the same.
    pub seated: usize,
    /// How many reserves, used or not.
    pub reserves: usize,
    /// How many of them were used.
    pub late: usize,
    /// How many questions the bank held.
    pub questions: usize,
}

impl fmt::Display for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commitment, seated, reserves, late, questions } = self;
        write!(
            formatter,
            "{seated} papers and {reserves} reserves ({late} used) were drawn again from a bank of {questions} questions, \
             and every byte is the same; the commitment is {commitment}"
        )
    }
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// A contribution is no hexadecimal text.
    #[error("contribution {0} is not an even number of hexadecimal digits")]
    Contribution(usize),
    /// An input is not the one that was committed to.
    #[error("the {part} has the digest {found}, but {committed} was committed to")]
    Input {
        /// Which input.
        part: &'static str,
        /// What was committed to.
        committed: String,
        /// What the evidence holds.
        found: String,
    },
    /// Secret and digests do not make the commitment.
    #[error("the contributions and digests make the commitment {found}, but {published} was published")]
    Commitment {
        /// As published.
        published: Digest,
        /// As reckoned.
        found: Digest,
    },
    /// The inputs can't be drawn from at all.
    #[error("the papers can't be drawn again: {0}")]
    Refused(Refusal),
    /// Another number or order of papers.
    #[error("the evidence holds {found} papers where {wanted} were drawn, or holds them in another order")]
    Papers {
        /// How many were drawn.
        wanted: usize,
        /// How many the evidence holds.
        found: usize,
    },
    /// A paper is not the one that was drawn.
    #[error("the paper of the sitting {sitting} has the digest {found}, but {wanted} was drawn")]
    Paper {
        /// The sitting's id.
        sitting: String,
        /// As drawn again.
        wanted: Digest,
        /// As the evidence holds it.
        found: Digest,
    },
}

/// Draws every paper again and compares. Names everything that does not fit.
pub fn verify(evidence: &Evidence, threads: NonZeroUsize) -> Result<Verified, Vec<Mismatch>> {
    let mut mismatches = Vec::new();
    let secret = evidence.secret(&mut mismatches);
    let found = evidence.inputs.digests();
    compare_inputs(&evidence.digests, &found, &mut mismatches);
    if let Some(secret) = &secret {
        let commitment = evidence.digests.commitment(secret);
        if commitment != evidence.commitment {
            mismatches.push(Mismatch::Commitment { published: evidence.commitment, found: commitment });
        }
    }
    if let (true, Some(secret)) = (mismatches.is_empty(), secret) {
        match evidence.drawn_again(&secret, threads) {
            Err(refusal) => mismatches.push(Mismatch::Refused(refusal)),
            Ok(papers) => compare_papers(&papers, &evidence.papers, &mut mismatches),
        }
    }
    if !mismatches.is_empty() {
        return Err(mismatches);
    }
    Ok(Verified {
        commitment: evidence.commitment,
        seated: evidence.inputs.roster.seated.len(),
        reserves: evidence.inputs.roster.reserves.len(),
        late: evidence.late.len(),
        questions: evidence.inputs.snapshot.entries.len(),
    })
}

impl Evidence {
    fn secret(&self, mismatches: &mut Vec<Mismatch>) -> Option<Secret> {
        let bytes = self
            .contributions
            .iter()
            .zip(1..)
            .map(|(text, number)| digest::bytes_from_hex(text).ok_or(Mismatch::Contribution(number)));
        match bytes.collect::<Result<Vec<_>, _>>() {
            Ok(bytes) => Some(Secret::join(&bytes[0], &bytes[1])),
            Err(mismatch) => {
                mismatches.push(mismatch);
                None
            }
        }
    }

    fn drawn_again(&self, secret: &Secret, threads: NonZeroUsize) -> Result<Vec<Drawn>, Refusal> {
        let mut papers: Vec<Drawn> = self.inputs.draw(secret, threads, &|_| ())?.iter().collect();
        for (number, late) in self.late.iter().enumerate() {
            let drawn = self.inputs.late(secret, &papers, &self.late[..number], late)?;
            if let Some(place) = papers.iter_mut().find(|paper| paper.sitting == late.sitting) {
                *place = drawn;
            }
        }
        Ok(papers)
    }
}

fn compare_inputs(committed: &Digests, found: &Digests, mismatches: &mut Vec<Mismatch>) {
    let text = |digests: &Digests| {
        [
            ("engine", digests.engine.clone()),
            ("blueprint", digests.blueprint.to_string()),
            ("bank", digests.snapshot.to_string()),
            ("roster", digests.roster.to_string()),
            ("list of earlier papers", digests.earlier.to_string()),
        ]
    };
    for ((part, committed), (_, found)) in text(committed).into_iter().zip(text(found)) {
        if committed != found {
            mismatches.push(Mismatch::Input { part, committed, found });
        }
    }
}

fn compare_papers(wanted: &[Drawn], found: &[Drawn], mismatches: &mut Vec<Mismatch>) {
    let sittings = |papers: &[Drawn]| papers.iter().map(|paper| paper.sitting.clone()).collect::<Vec<_>>();
    if sittings(wanted) != sittings(found) {
        mismatches.push(Mismatch::Papers { wanted: wanted.len(), found: found.len() });
        return;
    }
    for (wanted, found) in wanted.iter().zip(found).filter(|(wanted, found)| wanted != found) {
        let (sitting, wanted, found) = (wanted.sitting.clone(), wanted.paper.digest(), found.paper.digest());
        mismatches.push(Mismatch::Paper { sitting, wanted, found });
    }
}

#[cfg(test)]
mod tests;
