use super::*;
use crate::digest::Digest;
use crate::testing;

const HEAD: &str = r#"standard = "cloud-computing-engineer-2-02-10-12"
level = "junior"
function = "system-building"
knowledge = "1.1.1"
"#;

const SINGLE: &str = r#"
[[question]]
id = "sb-1"
revision = 1
kind = "single"
stem = """
What?
"""
options = ["one", "two", "three", "four"]
key = "B"
order = "fixed"
difficulty = 0.62
explanation = "Because."
source = "RFC 1918"
"#;

const MULTIPLE: &str = r#"
[[question]]
id = "sb-2"
revision = 3
kind = "multiple"
stem = "Which?"
options = ["one", "two", "three", "four", "five"]
key = "ACD"
difficulty = 1
explanation = "Because."
source = "RFC 1918"
"#;

const TRUE_FALSE: &str = r#"
[[question]]
id = "sb-3"
revision = 1
kind = "true-false"
stem = "So?"
key = "false"
difficulty = 0.0
explanation = "Because."
source = "RFC 1918"
"#;

fn read_one(text: &str) -> (Vec<Question>, Vec<BankProblem>) {
    read(&testing::national(), &[("a.toml", text)])
}

/// The reasons for which the single-choice question is refused, after one replacement in its file.
fn reasons_after(old: &str, new: &str) -> Vec<BankReason> {
    let text = format!("{HEAD}{SINGLE}");
    assert!(text.contains(old), "{old:?} is not in the file");
    let (questions, problems) = read_one(&text.replacen(old, new, 1));
    assert!(questions.is_empty(), "a question with a problem is not in the bank");
    problems.into_iter().map(|problem| problem.reason).collect()
}

#[test]
fn good_questions_of_every_kind_are_read() {
    let (questions, problems) = read_one(&format!("{HEAD}{SINGLE}{MULTIPLE}{TRUE_FALSE}"));
    assert_eq!(problems, []);
    let [single, multiple, true_false] = &questions[..] else { panic!("three questions, not {}", questions.len()) };
    let expected = Revision {
        question: "sb-1".to_owned(),
        revision: 1,
        kind: Kind::SingleChoice,
        tags: Tags {
            standard: "cloud-computing-engineer-2-02-10-12".to_owned(),
            level: "junior".to_owned(),
            function: "system-building".to_owned(),
            work_content: "1.1".to_owned(),
            knowledge: "1.1.1".to_owned(),
        },
        stem: "What?".to_owned(),
        options: ["one", "two", "three", "four"].map(str::to_owned).to_vec(),
        order: OptionOrder::Fixed,
        difficulty_permille: 620,
        difficulty_at: BTreeMap::new(),
    };
    assert_eq!(single.revision, expected);
    assert!(single.key.right(1) && !single.key.right(0));
    let commentary = Commentary { explanation: "Because.".to_owned(), source: "RFC 1918".to_owned() };
    assert_eq!(single.commentary, commentary);
    assert_eq!((multiple.revision.order, multiple.revision.difficulty_permille), (OptionOrder::Shuffle, 1000));
    assert_eq!(multiple.revision.revision, 3);
    assert_eq!((true_false.revision.order, true_false.revision.option_count()), (OptionOrder::Fixed, 2));
    assert!(true_false.key.right(1));
}

#[test]
fn good_questions_are_kept_beside_bad_ones() {
    let bad = SINGLE.replace("sb-1", "sb-bad").replace("key = \"B\"", "key = \"E\"");
    let good = format!("{HEAD}{TRUE_FALSE}");
    let files = [
        ("a.toml", format!("{HEAD}{bad}{MULTIPLE}")),
        ("broken.toml", format!("{HEAD}\n[[question]\n")),
        ("b.toml", good),
    ];
    let (questions, problems) = read(&testing::national(), &files);
    let ids: Vec<_> = questions.iter().map(|question| question.revision.question.as_str()).collect();
    assert_eq!(ids, ["sb-2", "sb-3"]);
    assert_eq!(problems.len(), 2);
    let expected = BankProblem {
        file: "a.toml".to_owned(),
        line: Some(6),
        question: Some("sb-bad".to_owned()),
        reason: BankReason::Key(KeyError::NotAnOption),
    };
    assert_eq!(problems[0], expected);
    assert_eq!((problems[1].file.as_str(), problems[1].line), ("broken.toml", Some(6)));
    assert!(matches!(problems[1].reason, BankReason::BrokenToml(_)));
}

#[test]
fn each_problem_says_its_line() {
    let bad = |id: &str| SINGLE.replace("sb-1", id).replace("0.62", "2");
    let text = format!("{HEAD}{}{}", bad("x1"), bad("x2"));
    let (_, problems) = read_one(&text);
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(6), Some(20)]);
    for (line, id) in [(6, "x1"), (20, "x2")] {
        assert_eq!(text.lines().nth(line - 1), Some("[[question]]"));
        assert!(text.lines().nth(line).is_some_and(|next| next.contains(id)));
    }
    let sentence = problems[0].to_string();
    assert!(sentence.starts_with("a.toml, line 6, question \"x1\": the difficulty must be"), "{sentence}");
}

#[test]
fn tags_that_the_standard_does_not_have_are_refused() {
    let reason = |old, new| reasons_after(old, new);
    assert_eq!(reason("cloud-computing-engineer-2-02-10-12", "x"), [BankReason::UnknownStandard("x".to_owned())]);
    assert_eq!(reason("junior", "x"), [BankReason::UnknownLevel("x".to_owned())]);
    assert_eq!(reason("system-building", "x"), [BankReason::UnknownFunction("x".to_owned())]);
    let unknown = BankReason::UnknownKnowledge {
        level: "junior".to_owned(),
        function: "system-building".to_owned(),
        knowledge: "9.9".to_owned(),
    };
    assert_eq!(reason("1.1.1", "9.9"), [unknown]);
    assert_eq!(reason("level = \"junior\"", ""), [BankReason::MissingField("level")]);
    assert_eq!(reason("level = \"junior\"", "level = 1").len(), 1);
}

/// The questions are fine and stay; the field is named all the same.
#[test]
fn a_strange_field_at_the_head_is_a_problem_of_the_file() {
    let (questions, problems) = read_one(&format!("subject = \"x\"\n{HEAD}{SINGLE}"));
    assert_eq!(questions.len(), 1);
    let reasons: Vec<_> = problems.into_iter().map(|problem| problem.reason).collect();
    assert_eq!(reasons, [BankReason::UnknownField("subject".to_owned())]);
}

#[test]
fn a_missing_field_is_named() {
    let lines = [
        ("id = \"sb-1\"", "id"),
        ("revision = 1", "revision"),
        ("kind = \"single\"", "kind"),
        ("stem = \"\"\"\nWhat?\n\"\"\"", "stem"),
        ("options = [\"one\", \"two\", \"three\", \"four\"]", "options"),
        ("key = \"B\"", "key"),
        ("difficulty = 0.62", "difficulty"),
        ("explanation = \"Because.\"", "explanation"),
        ("source = \"RFC 1918\"", "source"),
    ];
    for (line, field) in lines {
        assert_eq!(reasons_after(line, ""), [BankReason::MissingField(field)]);
    }
}

#[test]
fn each_fault_of_a_question_is_named() {
    let cases: [(&str, &str, BankReason); 19] = [
        ("source = ", "sauce = \"x\"\nsource = ", BankReason::UnknownField("sauce".to_owned())),
        ("kind = \"single\"", "kind = \"essay\"", BankReason::UnknownKind("essay".to_owned())),
        ("kind = \"single\"", "kind = \"true-false\"", BankReason::OptionsOnTrueFalse),
        ("order = \"fixed\"", "order = \"random\"", BankReason::UnknownOrder("random".to_owned())),
        ("sb-1", "sb 1", BankReason::BadId("sb 1".to_owned())),
        ("\nWhat?\n", "\n \n", BankReason::EmptyText("stem")),
        ("Because.", "", BankReason::EmptyText("explanation")),
        ("RFC 1918", " ", BankReason::EmptyText("source")),
        ("revision = 1", "revision = 0", BankReason::BadRevision),
        ("revision = 1", "revision = -1", BankReason::BadRevision),
        ("revision = 1", "revision = \"1\"", BankReason::BadRevision),
        ("0.62", "1.01", BankReason::BadDifficulty),
        ("0.62", "-0.1", BankReason::BadDifficulty),
        ("0.62", "nan", BankReason::BadDifficulty),
        ("\"four\"", "\" two \"", BankReason::SameOptions('B', 'D')),
        ("\"four\"", "\"\"", BankReason::EmptyOption('D')),
        ("\"four\"", "\"a\\nb\"", BankReason::OptionOfManyLines('D')),
        (
            "[\"one\", \"two\", \"three\", \"four\"]",
            "[\"one\"]",
            BankReason::OptionCount { kind: Kind::SingleChoice, count: 1 },
        ),
        ("key = \"B\"", "key = \"AB\"", BankReason::Key(KeyError::RightCount { kind: Kind::SingleChoice, right: 2 })),
    ];
    for (old, new, reason) in cases {
        assert_eq!(reasons_after(old, new), [reason], "{old} → {new}");
    }
}

#[test]
fn fields_of_another_type_are_named() {
    let field = |old, new| match &reasons_after(old, new)[..] {
        [BankReason::WrongType { field, .. }] => *field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field("key = \"B\"", "key = true"), "key");
    assert_eq!(field("\"four\"", "4"), "options");
    assert_eq!(field("source = \"RFC 1918\"", "source = 1918"), "source");
}

#[test]
fn every_fault_of_a_question_is_listed_at_once() {
    let text =
        format!("{HEAD}{SINGLE}").replace("0.62", "7").replace("Because.", "").replace("revision = 1", "revision = 0");
    let reasons: Vec<_> = read_one(&text).1.into_iter().map(|problem| problem.reason).collect();
    let expected = [BankReason::BadRevision, BankReason::BadDifficulty, BankReason::EmptyText("explanation")];
    assert_eq!(reasons, expected);
}

#[test]
fn an_id_belongs_to_one_question() {
    let text = format!("{HEAD}{SINGLE}");
    let (questions, problems) = read(&testing::national(), &[("a.toml", &text), ("b.toml", &text)]);
    assert_eq!(questions.len(), 1);
    let expected = BankProblem {
        file: "b.toml".to_owned(),
        line: Some(6),
        question: Some("sb-1".to_owned()),
        reason: BankReason::DuplicateId { first_file: "a.toml".to_owned() },
    };
    assert_eq!(problems, [expected]);
}

#[test]
fn a_file_without_questions_is_a_problem() {
    let (_, problems) = read_one(HEAD);
    assert_eq!(problems.into_iter().map(|one| one.reason).collect::<Vec<_>>(), [BankReason::NoQuestions]);
    let (_, problems) = read_one(&format!("{HEAD}question = \"none\"\n"));
    assert!(matches!(problems[0].reason, BankReason::WrongType { field: "question", .. }));
}

#[test]
fn a_question_is_checked_even_where_its_file_has_wrong_tags() {
    let text = format!("{HEAD}{SINGLE}").replace("junior", "x").replace("0.62", "7");
    let (questions, problems) = read_one(&text);
    assert!(questions.is_empty());
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn problems_show_no_key() {
    let text = format!("{HEAD}{SINGLE}").replace("key = \"B\"", "key = \"DC\"");
    let (_, problems) = read_one(&text);
    assert!(!format!("{problems:?} {}", problems[0]).contains("DC"));
}

#[test]
fn nothing_at_all_is_an_empty_bank() {
    let files: [(&str, &str); 0] = [];
    let (questions, problems) = read(&testing::national(), &files);
    assert!(questions.is_empty() && problems.is_empty());
}

/// Windows line ends change neither the question nor the lines.
#[test]
fn line_ends_do_not_matter() {
    let text = format!("{HEAD}{SINGLE}");
    let digests = |text: &str| -> Vec<Digest> { read_one(text).0.iter().map(|one| one.revision.digest()).collect() };
    assert_eq!(digests(&text), digests(&text.replace('\n', "\r\n")));
    assert_eq!(digests(&text).len(), 1);
}

/// What all levels share has a rating for each; a level that does not differ from the lowest takes no room.
#[test]
fn questions_of_all_levels_are_rated_by_level() {
    let head = HEAD.replace("\"junior\"", "\"common\"").replace("system-building", "ethics").replace("1.1.1", "2.1.1");
    let read = |difficulty: &str| {
        let question = SINGLE.replace("difficulty = 0.62", &format!("difficulty = {difficulty}"));
        let (questions, problems) = read_one(&format!("{head}{question}"));
        let reasons: Vec<BankReason> = problems.into_iter().map(|problem| problem.reason).collect();
        (questions.into_iter().map(|question| question.revision).next(), reasons)
    };
    let (revision, reasons) = read("{ junior = 0.5, intermediate = 0.5, senior = 0.75 }");
    let revision = revision.unwrap_or_else(|| panic!("{reasons:?}"));
    assert_eq!(revision.difficulty_at, [("senior".to_owned(), 750)].into());
    let rated = ["junior", "intermediate", "senior"].map(|level| revision.difficulty_permille_at(level));
    assert_eq!(rated, [500, 500, 750]);
    assert!(["junior", "senior"].into_iter().all(|level| revision.is_of_level(level)));
    assert_eq!(read("0.62").1, [BankReason::BadDifficulty], "one number can't speak for all levels");
    let missing = BankReason::DifficultyMissing("intermediate".to_owned());
    assert_eq!(read("{ junior = 0.5, senior = 0.75 }").1, [missing]);
    assert_eq!(read("{ junior = 0.5, intermediate = 2, senior = 0.75 }").1, [BankReason::BadDifficulty]);
    assert_eq!(read("{ master = 0.5 }").1, [BankReason::UnknownLevel("master".to_owned())]);
    // A function of which each level asks something else has no questions of all levels.
    let other = HEAD.replace("\"junior\"", "\"common\"");
    let (questions, problems) = read_one(&format!("{other}{SINGLE}"));
    assert!(
        questions.is_empty() && problems.iter().any(|one| matches!(one.reason, BankReason::UnknownKnowledge { .. }))
    );
}
