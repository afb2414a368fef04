//! A paper (试卷) and the snapshot of the bank that it is drawn from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, DigestOf};
use crate::question::{Kind, OptionOrder, Revision};

/// One question on a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its place on the paper, from 1.
    pub position: u32,
    /// The question's id.
    pub question: String,
    /// The revision that is asked.
    pub revision: u32,
    /// The kind.
    pub kind: Kind,
    /// The function that its points count for.
    pub function: String,
    /// Its points, in milli-points.
    pub points_milli: u32,
    /// `options[display]` is the bank index of the option displayed there. True/false always has `[0, 1]`.
    pub options: Vec<u8>,
}

/// An ordered list of questions with their points and their options in order of display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// The items by position.
    pub items: Vec<Item>,
}

impl Paper {
    /// The item at a position (from 1).
    pub fn item(&self, position: u32) -> Option<&Item> {
        let index = usize::try_from(position.checked_sub(1)?).ok()?;
        self.items.get(index).filter(|item| item.position == position)
    }

    /// The digest of every field of every item, in order.
    pub fn digest(&self) -> Digest {
        let mut digest = DigestOf::new("kaochang-paper/1").count(self.items.len());
        for item in &self.items {
            digest = digest
                .number(i64::from(item.position))
                .text(&item.question)
                .number(i64::from(item.revision))
                .text(item.kind.code())
                .text(&item.function)
                .number(i64::from(item.points_milli))
                .bytes(&item.options);
        }
        digest.finish()
    }
}

/// What the drawer knows of one question: where it belongs, never what it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotEntry {
    /// The question's id.
    pub question: String,
    /// The revision.
    pub revision: u32,
    /// The kind.
    pub kind: Kind,
    /// The standard's id.
    pub standard: String,
    /// The level's id.
    pub level: String,
    /// The function's id.
    pub function: String,
    /// The code of the work content.
    pub work_content: String,
    /// The code of the knowledge point.
    pub knowledge: String,
    /// The share of just-passing candidates expected to be right, in thousandths; nothing, if nobody has rated it.
    pub difficulty_permille: Option<u32>,
    /// How many options it has.
    pub option_count: u8,
    /// Whether they may be shuffled.
    pub order: OptionOrder,
    /// The digest of the whole revision.
    pub digest: Digest,
}

/// The state of the bank that papers are drawn from, sorted by question id, each question once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The entries, sorted by question id.
    pub entries: Vec<SnapshotEntry>,
}

impl Snapshot {
    /// A snapshot of these revisions for papers of a level, whatever their order. Of several revisions of one question the
    /// highest counts; questions that all levels share become the level's own, with its rating.
    pub fn of<'a>(questions: impl Iterator<Item = &'a Revision>, level: &str) -> Self {
        let mut newest: BTreeMap<&str, &Revision> = BTreeMap::new();
        for revision in questions {
            let place = newest.entry(&revision.question).or_insert(revision);
            if revision.revision > place.revision {
                *place = revision;
            }
        }
        Self { entries: newest.into_values().map(|revision| entry_of(revision, level)).collect() }
    }

    /// What a paper holds, place after place, as indices into the entries; nothing, if the snapshot doesn't hold all of it.
    pub fn places(&self, paper: &Paper) -> Option<Vec<u32>> {
        let index = |item: &Item| self.entries.binary_search_by(|entry| entry.question.cmp(&item.question)).ok();
        paper.items.iter().map(|item| index(item).and_then(|index| u32::try_from(index).ok())).collect()
    }

    /// The digest of every field of every entry, in order.
    pub fn digest(&self) -> Digest {
        let mut digest = DigestOf::new("kaochang-snapshot/2").count(self.entries.len());
        for entry in &self.entries {
            digest = digest
                .text(&entry.question)
                .number(i64::from(entry.revision))
                .text(entry.kind.code())
                .text(&entry.standard)
                .text(&entry.level)
                .text(&entry.function)
                .text(&entry.work_content)
                .text(&entry.knowledge)
                .number(entry.difficulty_permille.map_or(-1, i64::from))
                .number(i64::from(entry.option_count))
                .text(entry.order.code())
                .digest(&entry.digest);
        }
        digest.finish()
    }
}

fn entry_of(revision: &Revision, level: &str) -> SnapshotEntry {
    SnapshotEntry {
        question: revision.question.clone(),
        revision: revision.revision,
        kind: revision.kind,
        standard: revision.tags.standard.clone(),
        level: if revision.is_of_level(level) { level.to_owned() } else { revision.tags.level.clone() },
        function: revision.tags.function.clone(),
        work_content: revision.tags.work_content.clone(),
        knowledge: revision.tags.knowledge.clone(),
        difficulty_permille: Some(revision.difficulty_permille_at(level)),
        option_count: revision.option_count(),
        order: revision.order,
        digest: revision.digest(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing;

    fn paper() -> Paper {
        let item = |position, question: &str| Item {
            position,
            question: question.to_owned(),
            revision: 1,
            kind: Kind::SingleChoice,
            function: "alpha".to_owned(),
            points_milli: 1000,
            options: vec![2, 0, 1],
        };
        Paper { items: vec![item(1, "q1"), item(2, "q2")] }
    }

    #[test]
    fn items_are_found_by_position() {
        let paper = paper();
        assert_eq!(paper.item(1).map(|item| item.question.as_str()), Some("q1"));
        assert_eq!(paper.item(2).map(|item| item.question.as_str()), Some("q2"));
        assert_eq!((paper.item(0), paper.item(3)), (None, None));
    }

    #[test]
    fn the_digest_covers_every_field_and_survives_json() {
        let changes: [fn(&mut Vec<Item>); 9] = [
            |_| {},
            |items| items[0].position = 3,
            |items| items[0].question.push('x'),
            |items| items[0].revision = 2,
            |items| items[0].kind = Kind::MultipleChoice,
            |items| items[0].function.push('x'),
            |items| items[0].points_milli = 1,
            |items| items[0].options.swap(0, 1),
            |items| items.swap(0, 1),
        ];
        let digests: BTreeSet<_> = changes
            .iter()
            .map(|change| {
                let mut paper = paper();
                change(&mut paper.items);
                paper.digest()
            })
            .collect();
        assert_eq!(digests.len(), changes.len());
        let json = serde_json::to_string(&paper()).expect("a paper is plain data");
        assert_eq!(serde_json::from_str::<Paper>(&json).expect("as written").digest(), paper().digest());
    }

    #[test]
    fn what_all_levels_share_is_each_levels_own_with_its_rating() {
        let mut shared = testing::revision("alpha", Kind::SingleChoice, 1);
        crate::question::COMMON.clone_into(&mut shared.tags.level);
        shared.difficulty_at = [("senior".to_owned(), 810)].into();
        let entry = |level: &str| Snapshot::of([&shared].into_iter(), level).entries.remove(0);
        let seen = ["junior", "senior"].map(entry).map(|entry| (entry.level, entry.difficulty_permille));
        assert_eq!(seen, [("junior".to_owned(), Some(600)), ("senior".to_owned(), Some(810))]);
    }

    #[test]
    fn a_snapshot_is_sorted_and_holds_the_highest_revision() {
        let mut bank = testing::bank();
        let mut newer = bank[0].clone();
        newer.revision = 9;
        bank.insert(0, newer);
        let snapshot = Snapshot::of(bank.iter(), "junior");
        assert_eq!(snapshot.entries.len(), bank.len() - 1);
        assert!(snapshot.entries.is_sorted_by(|left, right| left.question < right.question));
        let entry = snapshot.entries.iter().find(|entry| entry.question == bank[1].question);
        assert_eq!(entry.map(|entry| entry.revision), Some(9));
        assert_ne!(snapshot.digest(), Snapshot::of(bank[1..].iter(), "junior").digest());
    }
}
