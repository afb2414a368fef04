use super::text::{demand_is_negative, names_a_letter, number};
use super::*;
use crate::question::Commentary;
use crate::testing;

const EXPLANATION: &str =
    "正确的做法是先核对清单，再逐台上架；直接上架会漏掉缺件，先通电会损坏设备，只看外观不能发现型号不符。";

fn question(kind: Kind, number: u32, stem: &str, options: &[&str], key: &str) -> Question {
    let revision = Revision {
        stem: stem.to_owned(),
        options: options.iter().map(|one| (*one).to_owned()).collect(),
        order: OptionOrder::Shuffle,
        ..testing::revision("alpha", kind, number)
    };
    let key = Key::parse(kind, revision.option_count(), key).expect("a key");
    let commentary = Commentary { explanation: EXPLANATION.to_owned(), source: "标准".to_owned() };
    Question { revision, key, commentary }
}

fn single(stem: &str, options: [&str; 4]) -> Question {
    question(Kind::SingleChoice, 1, stem, &options, "B")
}

fn good() -> Question {
    single("服务器到货后，上架之前首先应当做什么？", ["直接上架", "核对清单", "接通电源", "查看外观"])
}

#[test]
fn a_good_question_has_no_fault() {
    assert_eq!(faults(&good()), []);
    let statement = question(Kind::TrueFalse, 1, "不是每台主机都要联网，这句话**并非**笔误。", &[], "true");
    assert_eq!(faults(&statement), []);
}

#[test]
fn each_rule_sees_what_breaks_it() {
    let with = |change: &dyn Fn(&mut Question)| {
        let mut question = good();
        change(&mut question);
        faults(&question)
    };
    let option = |text: &str| with(&|one| text.clone_into(&mut one.revision.options[3]));
    assert_eq!(option("以上都是"), [Fault::AllOfThem("以上都")]);
    assert_eq!(option("先核对清单再逐台上架并且登记入库"), [Fault::UnevenOptions { longest: 16, shortest: 4 }]);
    let stem = |text: &str| with(&|one| text.clone_into(&mut one.revision.stem));
    assert_eq!(stem("上架之前不得不做的是什么？"), [Fault::DoubleNegative("不得不")]);
    assert_eq!(stem("下列做法中不正确的是"), [Fault::NegativeNotBold]);
    assert_eq!(stem("下列做法中**不正确**的是"), []);
    let explanation = |text: &str| with(&|one| text.clone_into(&mut one.commentary.explanation));
    assert_eq!(explanation("先核对清单。"), [Fault::ShortExplanation(6)]);
    assert_eq!(explanation(&format!("B 项正确。{EXPLANATION}")), [Fault::LetterInExplanation]);
    let every = question(Kind::MultipleChoice, 1, "应当做的有", &["核对清单", "登记入库", "检查外观"], "ABC");
    assert_eq!(faults(&every), [Fault::EveryOptionRight]);
}

#[test]
fn numbers_ascend_and_stay() {
    let mut numbers = single("一共多少分钟？", ["10 分钟", "20 分钟", "35 分钟", "1,200 分钟"]);
    assert_eq!(faults(&numbers), [Fault::NumbersShuffled]);
    numbers.revision.order = OptionOrder::Fixed;
    assert_eq!(faults(&numbers), []);
    numbers.revision.options.swap(0, 2);
    assert_eq!(faults(&numbers), [Fault::NumbersOutOfOrder]);
    // Of different units, or no numbers: nothing to say.
    assert_eq!(faults(&single("多大？", ["10 MB", "2 GB", "3 KB", "1 TB"])), []);
    assert_eq!(faults(&single("哪个网段？", ["10.0.0.0/8", "9.0.0.0/8", "8.0.0.0/8", "7.0.0.0/8"])), []);
}

#[test]
fn texts_are_read_as_people_read_them() {
    let negative = [
        "下列说法错误的是",
        "其中不属于虚拟化的有",
        "哪项不应采取？",
        "先停机。\n\n```\n不能\n```\n\n下列不符合要求的是（　）",
    ];
    assert!(negative.into_iter().all(demand_is_negative));
    let positive = [
        "主机却不能访问外网，最可能的原因是",
        "下列不是缺陷的做法里，成本最低、见效最快、风险又最小的一项做法叫作什么",
        "哪项正确？",
    ];
    assert!(!positive.into_iter().any(demand_is_negative));
    assert!(["选项 A 不对", "A选项不对", "C 项把两者混为一谈", "故选 B", "答案是D"].into_iter().all(names_a_letter));
    assert!(!["A 类地址", "项目 A 项目组", "B 项目启动", "选项都要看", "TCP 项"].into_iter().any(names_a_letter));
    assert_eq!(number("1,024MB"), Some((1024.0, "MB".to_owned())));
    assert_eq!(number("约10"), None);
    assert_eq!(number("1.2.3"), None);
}

#[test]
fn near_duplicates_are_told_once() {
    let stem = "某机房一台服务器的电源指示灯常亮橙色，管理口仍可访问，值班人员接下来应当先做什么检查？";
    let (one, mut twin) = (single(stem, ["甲", "乙", "丙", "丁"]), single(stem, ["戊", "己", "庚", "辛"]));
    twin.revision.question.push('x');
    let found = findings(&testing::national(), &[good(), one, twin]);
    let pairs: Vec<_> = found.iter().filter(|finding| matches!(finding.fault, Fault::NearDuplicate { .. })).collect();
    assert!(matches!(&pairs[..], [Finding { question: Some(id), .. }] if id == "alpha-single-01"), "{pairs:?}");
}

#[test]
fn what_a_guesser_could_use_is_told() {
    let mut shares = Shares {
        single: 100,
        letters: [25, 25, 25, 25, 0, 0, 0, 0],
        longest: 35,
        statements: 100,
        statements_true: 45,
    };
    assert_eq!(shares.faults(), []);
    shares.letters = [21, 29, 25, 25, 0, 0, 0, 0];
    shares.longest = 36;
    shares.statements_true = 56;
    let told = [
        Fault::KeyLetters { letter: 'A', percent: 21 },
        Fault::KeyLetters { letter: 'B', percent: 29 },
        Fault::LongestRight(36),
        Fault::Statements(56),
    ];
    assert_eq!(shares.faults(), told);
    let few = Shares { single: 99, statements: 99, ..shares };
    assert_eq!(few.faults(), []);
    let counted = super::shares(&[good(), question(Kind::TrueFalse, 2, "是。", &[], "true")]);
    let letters = [0, 1, 0, 0, 0, 0, 0, 0];
    assert_eq!(counted, Shares { single: 1, letters, longest: 0, statements: 1, statements_true: 1 });
}

#[test]
fn a_cell_lacks_points_and_kinds() {
    let standard = testing::national();
    let mut bank: Vec<Question> =
        (0..20).map(|number| question(Kind::SingleChoice, number, "?", &["a", "b"], "A")).collect();
    for one in &mut bank {
        one.revision.tags.standard.clone_from(&standard.id);
        "system-building".clone_into(&mut one.revision.tags.function);
    }
    let faults = cell_faults(&standard, &bank);
    let empty = faults.iter().filter(|fault| matches!(fault, Fault::EmptyPoint { .. })).count();
    assert_eq!(empty, 8, "nine points, one of them asked for; other functions and levels are not begun");
    let kinds: Vec<u32> = faults
        .iter()
        .filter_map(|fault| if let Fault::KindShare { percent, .. } = fault { Some(*percent) } else { None })
        .collect();
    assert_eq!(kinds, [0, 100, 0]);
}
