use serde_json::{Value, json};

use super::*;
use crate::testing;

/// The problems of the national standard after one change to its file.
fn problems_after(change: impl FnOnce(&mut Value)) -> Vec<StandardProblem> {
    let mut file: Value = serde_json::from_str(testing::NATIONAL).expect("the file is JSON");
    change(&mut file);
    Standard::load(&file.to_string()).expect_err("the change must be seen").problems
}

#[test]
fn the_national_standard_loads() {
    let standard = testing::national();
    assert_eq!(standard.id, "cloud-computing-engineer-2-02-10-12");
    let functions: Vec<_> = standard.functions.iter().map(|function| function.id.as_str()).collect();
    let expected = [
        "ethics",
        "fundamentals",
        "system-building",
        "platform-development",
        "system-operations",
        "application-development",
        "platform-application",
        "security-management",
        "technical-services",
    ];
    assert_eq!(functions, expected);
    let rules = TheoryRules {
        min_minutes: 90,
        max_score: 100,
        pass_score: 60,
        candidates_per_proctor: 15,
        min_proctors_per_room: 2,
    };
    assert_eq!(standard.theory, Some(rules));
    assert_eq!(standard.level("junior").map(|level| level.name.zh.as_str()), Some("初级"));
    assert_eq!(standard.direction("operations").map(|one| one.name.zh.as_str()), Some("云计算运维"));
    assert_eq!(standard.function("ethics").map(|one| one.name.en.as_str()), Some("Professional Ethics"));
    assert!(standard.level("master").is_none() && standard.direction("sales").is_none());
}

/// Counts of the standard: work contents and knowledge points by level, sections and topics of the basic requirements.
#[test]
fn the_national_standard_is_whole() {
    let standard = testing::national();
    let basics = ["ethics", "fundamentals"];
    for (level, work_contents, points) in [("junior", 16, 42), ("intermediate", 20, 61), ("senior", 21, 58)] {
        let of_functions = || {
            let at_level = standard.content.iter().filter(|content| content.level == level);
            at_level.filter(|content| !basics.contains(&content.function.as_str())).flat_map(|one| &one.work_contents)
        };
        assert_eq!(of_functions().count(), work_contents, "{level}");
        assert_eq!(of_functions().map(|one| one.knowledge.len()).sum::<usize>(), points, "{level}");
        let size = |function| {
            let content = standard.content(level, function).expect("the basics stand at every level");
            (content.work_contents.len(), content.work_contents.iter().map(|one| one.knowledge.len()).sum::<usize>())
        };
        assert_eq!(size("ethics"), (2, 6), "five topics, and the section without topics: {level}");
        assert_eq!(size("fundamentals"), (5, 38), "{level}");
    }
}

#[test]
fn weights_stand_in_function_order() {
    let standard = testing::national();
    let column = standard.column("junior", Some("operations")).expect("the column exists");
    let expected = [
        ("ethics", 5),
        ("fundamentals", 25),
        ("system-building", 15),
        ("system-operations", 30),
        ("platform-application", 10),
        ("security-management", 15),
    ];
    assert_eq!(column.weights, expected.map(|(function, weight)| (function.to_owned(), weight)));
    assert!(standard.column("senior", None).is_some());
    assert!(standard.column("senior", Some("operations")).is_none());
    assert!(standard.column("junior", None).is_none());
}

#[test]
fn knowledge_is_found_with_its_work_content() {
    let standard = testing::national();
    let found = |function, code| {
        standard.knowledge("junior", function, code).map(|(work, point)| (work.code.as_str(), point.text.as_str()))
    };
    assert_eq!(found("system-building", "1.1.1"), Some(("1.1", "硬件设备功能知识")));
    assert_eq!(found("ethics", "2.1.1"), Some(("2.1.1", "职业道德基本知识")));
    assert_eq!(found("fundamentals", "2.2.1(3)").map(|(work, _)| work), Some("2.2.1"));
    assert_eq!(found("system-building", "9.9.9"), None);
    assert_eq!(found("technical-services", "7.1.1"), None, "not a function of the junior level");
}

#[test]
fn the_one_plus_x_standard_loads_without_weights() {
    let standard = Standard::load(testing::ONE_PLUS_X).expect("the 1+X standard loads");
    assert_eq!((standard.functions.len(), standard.levels.len()), (5, 3));
    assert!(standard.theory.is_none() && standard.columns.is_empty() && standard.directions.is_empty());
    let size = |level: &str| {
        let at_level = || standard.content.iter().filter(|content| content.level == level);
        let tasks = || at_level().flat_map(|content| &content.work_contents);
        (at_level().count(), tasks().count(), tasks().map(|task| task.knowledge.len()).sum::<usize>())
    };
    assert_eq!(["junior", "intermediate", "senior"].map(size), [(3, 9, 38), (4, 13, 60), (5, 13, 57)]);
    let (task, skill) = standard.knowledge("junior", "domain-1", "1.1.1").expect("the first skill");
    assert_eq!((task.name.zh.as_str(), skill.text.as_str()), ("计算机应用", "能独立安装、配置和使用桌面操作系统。"));
}

#[test]
fn files_of_no_known_shape_are_refused() {
    let problems = |json: &str| Standard::load(json).expect_err("not a standard").problems;
    assert!(matches!(&problems("{")[..], [StandardProblem::Unreadable(_)]));
    assert_eq!(problems("{}"), [StandardProblem::UnknownShape]);
    assert_eq!(problems("[1]"), [StandardProblem::UnknownShape]);
    let problems = problems_after(|file| drop(file.as_object_mut().expect("an object").remove("levels")));
    assert!(
        matches!(&problems[..], [StandardProblem::Unreadable(reason)] if reason.contains("levels")),
        "{problems:?}"
    );
}

#[test]
fn a_column_that_does_not_add_up_is_refused() {
    let problems = problems_after(|file| file["weights"]["theory"][0]["weights"]["ethics"] = json!(6));
    let place = "weights of junior, operations".to_owned();
    assert_eq!(problems, [StandardProblem::WeightSum { place, sum: 101 }]);
}

#[test]
fn ids_that_name_nothing_are_refused() {
    let unknown =
        |place: &str, part, id: &str| StandardProblem::Unknown { place: place.to_owned(), part, id: id.to_owned() };
    let problems = problems_after(|file| file["weights"]["theory"][0]["weights"]["cooking"] = json!(0));
    assert_eq!(problems, [unknown("weights of junior, operations", Part::Function, "cooking")]);
    let problems = problems_after(|file| file["weights"]["theory"][0]["direction"] = json!("sales"));
    assert_eq!(problems, [unknown("weights of junior, sales", Part::Direction, "sales")]);
    let problems = problems_after(|file| file["weights"]["theory"][4]["level"] = json!("master"));
    assert!(problems.contains(&unknown("weights of master", Part::Level, "master")), "{problems:?}");
    let problems = problems_after(|file| file["levels"][0]["directions"][0] = json!("sales"));
    assert_eq!(problems, [unknown("level junior", Part::Direction, "sales")]);
    let problems = problems_after(|file| file["requirements"][0]["function"] = json!("cooking"));
    assert!(problems.contains(&unknown("junior, cooking", Part::Function, "cooking")), "{problems:?}");
    let problems = problems_after(|file| file["requirements"][0]["level"] = json!("master"));
    assert!(problems.contains(&unknown("master, system-building", Part::Level, "master")), "{problems:?}");
}

#[test]
fn what_is_listed_twice_is_refused() {
    let twice = |pointer: &str| {
        problems_after(|file| {
            let list = file.pointer_mut(pointer).and_then(Value::as_array_mut).expect("the list exists");
            list.push(list[0].clone());
        })
    };
    let parts = |problems: Vec<StandardProblem>| -> Vec<(Part, String)> {
        let part = |problem| match problem {
            StandardProblem::Duplicate { part, id, .. } => Some((part, id)),
            _ => None,
        };
        problems.into_iter().filter_map(part).collect()
    };
    let junior = "junior".to_owned();
    assert!(parts(twice("/levels")).contains(&(Part::Level, junior)));
    assert_eq!(parts(twice("/directions")), [(Part::Direction, "operations".to_owned())]);
    assert_eq!(parts(twice("/functions")), [(Part::Function, "system-building".to_owned())]);
    let column = "weights of junior, operations".to_owned();
    assert_eq!(parts(twice("/weights/theory")), [(Part::Column, column)]);
    assert_eq!(parts(twice("/requirements")), [(Part::Content, "junior, system-building".to_owned())]);
    let work_content = parts(twice("/requirements/0/work_contents"));
    assert!(work_content.contains(&(Part::WorkContent, "1.1".to_owned())), "{work_content:?}");
    let knowledge = parts(twice("/requirements/0/work_contents/0/knowledge"));
    assert_eq!(knowledge, [(Part::Knowledge, "1.1.1".to_owned())]);
}

#[test]
fn a_weight_without_content_is_refused() {
    let problems = problems_after(|file| {
        let work_contents = file["requirements"][0]["work_contents"].as_array_mut().expect("a list");
        for work_content in work_contents {
            work_content["knowledge"] = json!([]);
        }
    });
    let expected = StandardProblem::WeightWithoutContent {
        place: "weights of junior, operations".to_owned(),
        function: "system-building".to_owned(),
    };
    assert_eq!(problems, [expected]);
}

#[test]
fn every_problem_is_listed_at_once() {
    let mut file: Value = serde_json::from_str(testing::NATIONAL).expect("the file is JSON");
    file["weights"]["theory"][0]["weights"]["ethics"] = json!(6);
    file["weights"]["theory"][1]["weights"]["ethics"] = json!(4);
    file["assessment"]["theory"]["pass_score"] = json!(101);
    file["functions"][0]["id"] = json!(" ");
    let error = Standard::load(&file.to_string()).expect_err("four faults");
    assert!(error.problems.len() >= 4, "{error}");
    assert_eq!(error.to_string().lines().count(), error.problems.len());
    assert!(error.problems.contains(&StandardProblem::TheoryRules));
    assert!(error.to_string().contains("the weights add up to 101 instead of 100; correct them"), "{error}");
    assert!(error.problems.iter().any(|one| matches!(one, StandardProblem::Empty { part: Part::Function, .. })));
}

#[test]
fn one_domain_number_has_one_name() {
    let mut file: Value = serde_json::from_str(testing::ONE_PLUS_X).expect("the file is JSON");
    file["domains"][3]["name"] = json!("别的");
    let problems = Standard::load(&file.to_string()).expect_err("renamed").problems;
    assert!(matches!(&problems[0], StandardProblem::DomainRenamed { number: 1, .. }), "{problems:?}");
}

#[test]
fn the_digest_sees_a_change_anywhere() {
    let digest = testing::national().digest();
    assert_eq!(digest, testing::national().digest());
    let changed = |pointer: &str, value: Value| {
        let mut file: Value = serde_json::from_str(testing::NATIONAL).expect("the file is JSON");
        *file.pointer_mut(pointer).expect("the place exists") = value;
        Standard::load(&file.to_string()).expect("still a standard").digest()
    };
    let digests = BTreeSet::from([
        digest,
        changed("/name_en", json!("x")),
        changed("/levels/0/name", json!("x")),
        changed("/directions/0/name", json!("x")),
        changed("/functions/0/name", json!("x")),
        changed("/assessment/theory/min_minutes", json!(91)),
        changed("/basic_requirements/0/sections/0/name", json!("x")),
        changed("/requirements/19/work_contents/0/name", json!("x")),
        changed("/requirements/19/work_contents/0/knowledge/0/text", json!("x")),
    ]);
    assert_eq!(digests.len(), 9);
}

#[test]
fn a_standard_survives_json() {
    let standard = testing::national();
    let json = serde_json::to_string(&standard).expect("plain data");
    assert_eq!(serde_json::from_str::<Standard>(&json).expect("as written"), standard);
}
