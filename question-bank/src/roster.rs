//! The roster of a session as the draw sees it: sittings and seats, no names.

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, DigestOf};

/// Who sits where. Committed to before the draw, published after the exam.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// The candidates on the roster, in the order in which their papers are put in order.
    pub seated: Vec<Seated>,
    /// Ids of sittings for candidates who are added late.
    pub reserves: Vec<String>,
}

/// One candidate's sitting and place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seated {
    /// The sitting's id.
    pub sitting: String,
    /// A digest that binds the sitting to the candidate without naming them.
    pub candidate: Digest,
    /// Where they sit.
    pub place: Place,
}

/// A seat as the room is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The number of the room.
    pub room: u32,
    /// The row, from 0.
    pub row: u32,
    /// The column, from 0.
    pub column: u32,
}

impl Place {
    /// The place of a seat, numbered from 1 along rows of so many columns (at least one).
    pub fn of_seat(room: u32, seat: u32, columns: u32) -> Self {
        let index = seat.saturating_sub(1);
        Self { room, row: index / columns, column: index % columns }
    }

    /// Whether two different seats touch, at a side or at a corner.
    pub fn is_beside(&self, other: &Self) -> bool {
        self != other
            && self.room == other.room
            && self.row.abs_diff(other.row) <= 1
            && self.column.abs_diff(other.column) <= 1
    }
}

impl Roster {
    /// The digest of every field, in order.
    pub fn digest(&self) -> Digest {
        let mut digest = DigestOf::new("kaochang-roster/2").count(self.seated.len());
        for Seated { sitting, candidate, place } in &self.seated {
            digest = digest.text(sitting).digest(candidate);
            digest = [place.room, place.row, place.column]
                .into_iter()
                .fold(digest, |digest, number| digest.number(i64::from(number)));
        }
        self.reserves.iter().fold(digest.count(self.reserves.len()), |digest, sitting| digest.text(sitting)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn seats_touch_at_sides_and_corners() {
        let place = |seat| Place::of_seat(1, seat, 4);
        let beside: Vec<u32> = (1..=12).filter(|&seat| place(6).is_beside(&place(seat))).collect();
        assert_eq!(beside, [1, 2, 3, 5, 7, 9, 10, 11]);
        assert!(!place(4).is_beside(&place(5)), "the end of a row and the start of the next");
        assert!(!place(6).is_beside(&Place::of_seat(2, 5, 4)), "another room");
    }

    #[test]
    fn the_digest_covers_every_field() {
        let changes: [fn(&mut Roster); 8] = [
            |_| {},
            |one| one.seated[0].sitting.push('x'),
            |one| one.seated[0].candidate = Digest::from_bytes([9; 32]),
            |one| one.seated[0].place.room += 1,
            |one| one.seated[0].place.row += 1,
            |one| one.seated[0].place.column += 1,
            |one| one.seated.swap(0, 1),
            |one| one.reserves.push("r".to_owned()),
        ];
        let seated = |sitting: &str, seat| Seated {
            sitting: sitting.to_owned(),
            candidate: Digest::from_bytes([0; 32]),
            place: Place::of_seat(1, seat, 2),
        };
        let digests: BTreeSet<_> = changes
            .iter()
            .map(|change| {
                let mut roster = Roster { seated: vec![seated("a", 1), seated("b", 2)], reserves: Vec::new() };
                change(&mut roster);
                roster.digest()
            })
            .collect();
        assert_eq!(digests.len(), changes.len());
    }
}
