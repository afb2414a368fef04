//! Reads the file shape of a 1+X vocational skill level standard (职业技能等级标准): domains, tasks and skills by level.
//!
//! It has no weights and no exam rules: papers can be drawn once someone gives a blueprint and the rules.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Function, FunctionContent, KnowledgePoint, Level, Name, Standard, StandardProblem, WorkContent};

/// The keys of the file that the product needs.
#[derive(Deserialize)]
pub(super) struct File {
    id: String,
    name: String,
    name_en: String,
    levels: Vec<LevelEntry>,
    domains: Vec<Domain>,
}

#[derive(Deserialize)]
struct LevelEntry {
    id: String,
    name: String,
    name_en: String,
}

/// One domain (工作领域) at one level.
#[derive(Deserialize)]
struct Domain {
    level: String,
    number: u32,
    name: String,
    name_en: String,
    tasks: Vec<Task>,
}

/// A task (工作任务).
#[derive(Deserialize)]
struct Task {
    code: String,
    name: String,
    name_en: String,
    skills: Vec<KnowledgePoint>,
}

impl File {
    /// Domains become functions, tasks work contents, skills knowledge points. The file gives domains no id, so a function
    /// is called by its printed number: `domain-1`.
    pub(super) fn into_standard(self) -> (Standard, Vec<StandardProblem>) {
        let (functions, problems) = functions_of(&self.domains);
        let levels = self
            .levels
            .into_iter()
            .map(|level| Level { id: level.id, name: Name { zh: level.name, en: level.name_en } });
        let standard = Standard {
            id: self.id,
            name: Name { zh: self.name, en: self.name_en },
            levels: levels.collect(),
            directions: Vec::new(),
            functions,
            theory: None,
            columns: Vec::new(),
            content: self.domains.into_iter().map(Domain::into_content).collect(),
        };
        (standard, problems)
    }
}

impl Domain {
    fn into_content(self) -> FunctionContent {
        FunctionContent {
            level: self.level,
            function: function_id(self.number),
            work_contents: self.tasks.into_iter().map(Task::into_work_content).collect(),
        }
    }
}

impl Task {
    fn into_work_content(self) -> WorkContent {
        let name = Name { zh: self.name, en: self.name_en };
        WorkContent { code: self.code, name, knowledge: self.skills }
    }
}

fn function_id(number: u32) -> String {
    format!("domain-{number}")
}

/// One function for each domain number, by number; a number that bears two names is a problem.
fn functions_of(domains: &[Domain]) -> (Vec<Function>, Vec<StandardProblem>) {
    let mut by_number: BTreeMap<u32, &Domain> = BTreeMap::new();
    let mut problems = Vec::new();
    for domain in domains {
        let first = *by_number.entry(domain.number).or_insert(domain);
        if first.name != domain.name {
            problems.push(StandardProblem::DomainRenamed {
                number: domain.number,
                first: first.name.clone(),
                second: domain.name.clone(),
            });
        }
    }
    let function = |(number, domain): (u32, &Domain)| Function {
        id: function_id(number),
        name: Name { zh: domain.name.clone(), en: domain.name_en.clone() },
    };
    (by_number.into_iter().map(function).collect(), problems)
}
