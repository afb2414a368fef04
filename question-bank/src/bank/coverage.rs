//! What a bank has of a standard: by level and function, and by knowledge point.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::blueprint::{EASY_PERMILLE, MEDIUM_PERMILLE};
use crate::question::{Kind, Revision};
use crate::standard::Standard;

/// Every level and function of a standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// In the order of the standard. What all levels share is told once for each of them.
    pub cells: Vec<Cell>,
}

/// One function at one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The level's id.
    pub level: String,
    /// The function's id.
    pub function: String,
    /// Its knowledge points, in the order of the standard.
    pub points: Vec<Point>,
}

/// One knowledge point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its code.
    pub code: String,
    /// Its text.
    pub text: String,
    /// What the bank has of it.
    pub count: Count,
}

/// Questions, sorted in two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// In the order of [`Kind::ALL`].
    pub kinds: [u32; Kind::ALL.len()],
    /// Easy, medium, hard, by the bands of the default blueprint.
    pub bands: [u32; 3],
}

impl Count {
    /// All of them.
    pub fn total(&self) -> u32 {
        self.kinds.iter().sum()
    }

    fn add(&mut self, kind: Kind, difficulty_permille: u32) {
        let kind = Kind::ALL.iter().position(|one| *one == kind).expect("every kind is listed");
        self.kinds[kind] += 1;
        self.bands[match difficulty_permille {
            EASY_PERMILLE.. => 0,
            MEDIUM_PERMILLE.. => 1,
            _ => 2,
        }] += 1;
    }

    fn join(mut self, other: Self) -> Self {
        for (sum, one) in self.kinds.iter_mut().chain(&mut self.bands).zip(other.kinds.iter().chain(&other.bands)) {
            *sum += one;
        }
        self
    }
}

impl Cell {
    /// What the bank has of the whole function.
    pub fn count(&self) -> Count {
        self.points.iter().fold(Count::default(), |sum, point| sum.join(point.count))
    }
}

impl Coverage {
    /// Counts the questions of a standard.
    pub fn of<'a>(standard: &Standard, questions: impl IntoIterator<Item = &'a Revision>) -> Self {
        let mut by_point: BTreeMap<(&str, &str), Vec<&Revision>> = BTreeMap::new();
        for one in questions.into_iter().filter(|one| one.tags.standard == standard.id) {
            by_point.entry((&one.tags.function, &one.tags.knowledge)).or_default().push(one);
        }
        let cells = standard.content.iter().map(|content| {
            let points = content.work_contents.iter().flat_map(|work_content| &work_content.knowledge);
            let points = points.map(|point| {
                let questions = by_point.get(&(content.function.as_str(), point.code.as_str()));
                let mut count = Count::default();
                for one in questions.into_iter().flatten().filter(|one| one.is_of_level(&content.level)) {
                    count.add(one.kind, one.difficulty_permille_at(&content.level));
                }
                Point { code: point.code.clone(), text: point.text.clone(), count }
            });
            Cell { level: content.level.clone(), function: content.function.clone(), points: points.collect() }
        });
        Self { cells: cells.collect() }
    }

    /// One line for each knowledge point, for spreadsheets.
    pub fn csv(&self) -> String {
        let mut text = "level,function,knowledge,text,true_false,single,multiple,easy,medium,hard\n".to_owned();
        for cell in &self.cells {
            for Point { code, text: words, count } in &cell.points {
                let numbers = count.kinds.iter().chain(&count.bands).map(u32::to_string).collect::<Vec<_>>().join(",");
                let words = words.replace('"', "\"\"");
                writeln!(text, "{},{},{code},\"{words}\",{numbers}", cell.level, cell.function)
                    .expect("a text takes everything");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::COMMON;
    use crate::testing;

    fn revision(kind: Kind, level: &str, function: &str, knowledge: &str, difficulty_permille: u32) -> Revision {
        let mut one = testing::revision(function, kind, 1);
        one.tags.standard = testing::national().id;
        level.clone_into(&mut one.tags.level);
        knowledge.clone_into(&mut one.tags.knowledge);
        Revision { difficulty_permille, ..one }
    }

    #[test]
    fn questions_are_counted_by_point_kind_and_band() {
        let mut common = revision(Kind::TrueFalse, COMMON, "ethics", "2.1.1", 449);
        common.difficulty_at = [("senior".to_owned(), 750)].into();
        let bank = [
            revision(Kind::SingleChoice, "junior", "system-building", "1.1.1", 750),
            revision(Kind::MultipleChoice, "junior", "system-building", "1.1.1", 749),
            revision(Kind::SingleChoice, "senior", "system-building", "1.1.1", 450),
            common,
        ];
        let coverage = Coverage::of(&testing::national(), &bank);
        let cell = |level: &str, function: &str| {
            coverage
                .cells
                .iter()
                .find(|cell| cell.level == level && cell.function == function)
                .expect("of the standard")
        };
        assert_eq!(cell("junior", "system-building").count(), Count { kinds: [0, 1, 1], bands: [1, 1, 0] });
        assert_eq!(cell("junior", "system-building").points[1].count.total(), 0);
        assert_eq!(cell("senior", "system-building").count(), Count { kinds: [0, 1, 0], bands: [0, 1, 0] });
        assert_eq!(cell("junior", "ethics").count(), Count { kinds: [1, 0, 0], bands: [0, 0, 1] });
        assert_eq!(cell("intermediate", "ethics").count(), Count { kinds: [1, 0, 0], bands: [0, 0, 1] });
        assert_eq!(cell("senior", "ethics").count(), Count { kinds: [1, 0, 0], bands: [1, 0, 0] });
        let csv = coverage.csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[1].starts_with("junior,ethics,2.1.1,\"") && lines[1].ends_with("\",1,0,0,0,0,1"), "{}", lines[1]);
        let points: usize = coverage.cells.iter().map(|cell| cell.points.len()).sum();
        assert_eq!(lines.len(), points + 1);
    }
}
