//! Reads the file shape of a national occupational standard (国家职业标准): basic requirements common to all levels,
//! requirements by level and function, weight tables, exam rules.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Direction, Function, FunctionContent, KnowledgePoint, Level, Name, Part, Standard, StandardProblem, TheoryRules,
    WeightColumn, WorkContent, in_function_order,
};

/// The keys of the file that the product needs. Others, such as eligibility and the practical exam, are passed over.
#[derive(Deserialize)]
pub(super) struct File {
    id: String,
    name: String,
    name_en: String,
    levels: Vec<LevelEntry>,
    directions: Vec<Named>,
    assessment: Assessment,
    basic_requirements: Vec<BasicRequirement>,
    functions: Vec<Named>,
    requirements: Vec<Requirement>,
    weights: Weights,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
    name_en: String,
}

#[derive(Deserialize)]
struct LevelEntry {
    #[serde(flatten)]
    named: Named,
    directions: Vec<String>,
}

#[derive(Deserialize)]
struct Assessment {
    theory: TheoryRules,
}

/// Ethics or fundamentals.
#[derive(Deserialize)]
struct BasicRequirement {
    #[serde(flatten)]
    named: Named,
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    code: String,
    name: String,
    name_en: String,
    topics: Vec<KnowledgePoint>,
}

#[derive(Deserialize)]
struct Requirement {
    level: String,
    function: String,
    work_contents: Vec<WorkContentEntry>,
}

#[derive(Deserialize)]
struct WorkContentEntry {
    code: String,
    name: String,
    name_en: String,
    knowledge: Vec<KnowledgePoint>,
}

#[derive(Deserialize)]
struct Weights {
    theory: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    level: String,
    direction: Option<String>,
    weights: BTreeMap<String, u32>,
}

impl File {
    /// The standard, and the problems that the model doesn't show.
    pub(super) fn into_standard(self) -> (Standard, Vec<StandardProblem>) {
        let problems = self.unknown_directions();
        let content = self.content();
        let basics = self.basic_requirements.into_iter().map(|basic| basic.named);
        let functions: Vec<_> = basics.chain(self.functions).map(Named::into_function).collect();
        let columns = self.weights.theory.into_iter().map(|column| WeightColumn {
            level: column.level,
            direction: column.direction,
            weights: in_function_order(column.weights, &functions),
        });
        let standard = Standard {
            id: self.id,
            name: Name { zh: self.name, en: self.name_en },
            levels: self.levels.into_iter().map(|level| level.named.into_level()).collect(),
            directions: self.directions.into_iter().map(Named::into_direction).collect(),
            theory: Some(self.assessment.theory),
            columns: columns.collect(),
            content,
            functions,
        };
        (standard, problems)
    }

    /// The basic requirements once for every level, then what the functions ask for.
    fn content(&self) -> Vec<FunctionContent> {
        let basics = self.levels.iter().flat_map(|level| {
            self.basic_requirements.iter().map(|basic| FunctionContent {
                level: level.named.id.clone(),
                function: basic.named.id.clone(),
                work_contents: basic.sections.iter().map(Section::to_work_content).collect(),
            })
        });
        let functions = self.requirements.iter().map(|requirement| FunctionContent {
            level: requirement.level.clone(),
            function: requirement.function.clone(),
            work_contents: requirement.work_contents.iter().map(WorkContentEntry::to_work_content).collect(),
        });
        basics.chain(functions).collect()
    }

    /// Directions that a level names and the standard doesn't list.
    fn unknown_directions(&self) -> Vec<StandardProblem> {
        let mut problems = Vec::new();
        for level in &self.levels {
            for id in &level.directions {
                if !self.directions.iter().any(|direction| direction.id == *id) {
                    let place = format!("level {}", level.named.id);
                    problems.push(StandardProblem::Unknown { place, part: Part::Direction, id: id.clone() });
                }
            }
        }
        problems
    }
}

impl Named {
    fn into_level(self) -> Level {
        Level { id: self.id, name: Name { zh: self.name, en: self.name_en } }
    }

    fn into_direction(self) -> Direction {
        Direction { id: self.id, name: Name { zh: self.name, en: self.name_en } }
    }

    fn into_function(self) -> Function {
        Function { id: self.id, name: Name { zh: self.name, en: self.name_en } }
    }
}

impl Section {
    /// A section without topics (2.1.1 职业道德基本知识) is itself its one knowledge point.
    fn to_work_content(&self) -> WorkContent {
        let knowledge = if self.topics.is_empty() {
            vec![KnowledgePoint { code: self.code.clone(), text: self.name.clone() }]
        } else {
            self.topics.clone()
        };
        let name = Name { zh: self.name.clone(), en: self.name_en.clone() };
        WorkContent { code: self.code.clone(), name, knowledge }
    }
}

impl WorkContentEntry {
    fn to_work_content(&self) -> WorkContent {
        let name = Name { zh: self.name.clone(), en: self.name_en.clone() };
        WorkContent { code: self.code.clone(), name, knowledge: self.knowledge.clone() }
    }
}
