//! The diagnosis in English sentences.

use std::fmt;

use super::{Bound, Clash, Diagnosis, Repair, Rule, Topic, Write};

/// At most so many ids are named in a sentence.
const NAMED: usize = 5;

impl fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.contradiction {
            writeln!(formatter, "These rules contradict each other, whatever questions there are:")?;
        } else if self.conflict.len() == 1 {
            writeln!(formatter, "The bank can't meet this rule:")?;
        } else {
            writeln!(formatter, "The bank can't meet these rules together:")?;
        }
        for clash in &self.conflict {
            writeln!(formatter, "- {clash}")?;
        }
        match (self.repairs.is_empty(), self.proven) {
            (true, _) => write!(formatter, "No repair was found in the time given."),
            (false, true) => writeln!(formatter, "The least that mends it:"),
            (false, false) => writeln!(formatter, "This mends it; perhaps less would do:"),
        }?;
        let lines: Vec<String> = self.repairs.iter().map(|repair| format!("- {repair}")).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for Clash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.rule)?;
        match self.rule {
            Rule::Must { .. } | Rule::Enemies { .. } | Rule::Mean { .. } => Ok(()),
            _ => write!(formatter, " ({} in the bank)", self.present),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { function, kind, count } => write!(formatter, "{function} · {kind}: exactly {count}"),
            Self::KindCount { kind, count } => write!(formatter, "{kind}: exactly {count} in the whole paper"),
            Self::FunctionPoints { function, points } => write!(formatter, "{function}: exactly {points} points"),
            Self::Total { points } => write!(formatter, "the whole paper: exactly {points} points"),
            Self::Mean { target_permille, tolerance_permille } => {
                let (target, tolerance) = (share(*target_permille), share(*tolerance_permille));
                write!(formatter, "mean difficulty: {target} ± {tolerance}")
            }
            Self::EveryKnowledge { function, points, min, max } => {
                write!(formatter, "{function} · each of {points} knowledge points: {}", span(*min, *max))
            }
            Self::Knowledge { level, function, knowledge, min, max } => {
                write!(formatter, "{level} · {function} · knowledge point {knowledge}: {}", span(*min, *max))
            }
            Self::WorkContent { level, function, work_content, min, max } => {
                write!(formatter, "{level} · {function} · work content {work_content}: {}", span(*min, *max))
            }
            Self::Band { name, min, max } => write!(formatter, "band \"{name}\": {}", span(*min, Some(*max))),
            Self::LowerLevels { min, max } => write!(formatter, "lower levels: {}", span(*min, Some(*max))),
            Self::Earlier { paper, overlap_max } => {
                write!(formatter, "shared with the earlier paper \"{paper}\": at most {overlap_max}")
            }
            Self::Must { questions } => write!(formatter, "must be on the paper: {}", listed(questions)),
            Self::Enemies { sets } => {
                let numbers: Vec<String> = sets.iter().map(|set| (set + 1).to_string()).collect();
                write!(formatter, "at most one of each enemy set: {}", listed(&numbers))
            }
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(write) => write!(formatter, "{write}"),
            Self::Relax { rule: Rule::Must { questions }, by, .. } => {
                write!(formatter, "take {by} of these off the list of what must be on the paper: {}", listed(questions))
            }
            Self::Relax { rule: rule @ (Rule::FunctionPoints { .. } | Rule::Total { .. }), by, bound } => {
                write!(formatter, "change \"{rule}\": {} by {}.{:03} points", way(*bound), by / 1000, by % 1000)
            }
            Self::Relax { rule: rule @ Rule::Mean { .. }, by, .. } => {
                write!(formatter, "change \"{rule}\": widen the tolerance by {}", share(*by))
            }
            Self::Relax { rule, by, bound } => write!(formatter, "change \"{rule}\": {} by {by}", way(*bound)),
        }
    }
}

impl fmt::Display for Write {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} · {} · {}", self.level, self.function, self.kind)?;
        match &self.topic {
            Topic::Any => {}
            Topic::WorkContent(code) => write!(formatter, " · work content {code}")?,
            Topic::Knowledge(code) => write!(formatter, " · knowledge point {code}")?,
        }
        if let Some(band) = &self.band {
            write!(formatter, " · {band}")?;
        }
        if let Some((lowest, highest)) = self.rated_permille {
            write!(formatter, " (rated {} to {})", share(lowest), share(highest))?;
        }
        write!(formatter, ": {} short", self.count)
    }
}

const fn way(bound: Bound) -> &'static str {
    match bound {
        Bound::Min => "lower it",
        Bound::Max => "raise it",
    }
}

fn span(min: u32, max: Option<u32>) -> String {
    match max {
        Some(max) if max == min => format!("exactly {min}"),
        Some(max) if min == 0 => format!("at most {max}"),
        Some(max) => format!("{min} to {max}"),
        None => format!("at least {min}"),
    }
}

fn share(permille: u32) -> String {
    format!("{}.{:03}", permille / 1000, permille % 1000)
}

fn listed(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}
