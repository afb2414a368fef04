//! Rules, parts of the bank and problems in words.

use question_bank::blueprint::BlueprintError;

use crate::{
    i18n::{self, number_of_milli, t},
    view::{BankFaultView, DraftProblem, Lang, PartView, RepairView, RowProblem, RuleView},
};

/// Lists of questions are cut after so many.
const LISTED_MAX: usize = 5;

/// Which field of the form a problem is in.
pub(super) const fn field(problem: &DraftProblem) -> &'static str {
    match problem {
        DraftProblem::RosterUnreadable { .. } | DraftProblem::RosterEmpty | DraftProblem::Row { .. } => "roster",
        _ => "plan",
    }
}

/// `云计算安全管理 · 6.1.4 堡垒机使用知识 · 多选题 · 难`
pub(super) fn part(lang: Lang, part: &PartView) -> String {
    let names = [
        part.level.as_ref().map(|level| i18n::name(level, lang)),
        part.function.as_ref().map(|function| i18n::name(function, lang)),
        part.knowledge.as_ref().map(|(code, text)| format!("{code} {text}")),
        part.kind.map(|kind| i18n::kind_name(kind, lang).to_owned()),
        part.band.as_ref().map(|name| band(lang, name).to_owned()),
    ];
    let text = names.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    if text.is_empty() { t!(lang, rule::whole).to_owned() } else { text }
}

/// The usual bands have words in both languages; any other has the name that its author gave it.
pub(super) fn band(lang: Lang, name: &str) -> &str {
    match name {
        "easy" | "易" => t!(lang, rule::easy),
        "medium" | "中" => t!(lang, rule::medium),
        "hard" | "难" => t!(lang, rule::hard),
        name => name,
    }
}

/// From so many to so many questions.
pub(super) fn span(lang: Lang, min: u32, max: Option<u32>) -> String {
    match (min, max) {
        (min, Some(max)) if min == max => t!(lang, rule::exactly, n = min),
        (0, Some(max)) => t!(lang, rule::at_most, n = max),
        (min, Some(max)) => t!(lang, rule::from_to, min = min, max = max),
        (min, None) => t!(lang, rule::at_least, n = min),
    }
}

/// `31%`, `31.2%`, of thousandths.
pub(super) fn percent(permille: u32) -> String {
    format!("{}%", number_of_milli(permille * 100))
}

pub(super) fn mean(lang: Lang, target_permille: u32, tolerance_permille: u32) -> String {
    t!(lang, rule::mean, target = number_of_milli(target_permille), tolerance = number_of_milli(tolerance_permille))
}

pub(super) fn rule(lang: Lang, rule: &RuleView) -> String {
    let name = |name| i18n::name(name, lang);
    match rule {
        RuleView::Total { points } => t!(lang, rule::total, n = points),
        RuleView::FunctionPoints { function, points } => {
            t!(lang, rule::function_points, function = name(function), n = points)
        }
        RuleView::KindCount { kind, count } => {
            t!(lang, rule::kind_count, kind = i18n::kind_name(*kind, lang), n = count)
        }
        RuleView::Share { function, kind, count } => {
            t!(lang, rule::share, function = name(function), kind = i18n::kind_name(*kind, lang), n = count)
        }
        RuleView::Limit { part: own, min, max } => {
            t!(lang, rule::limit, part = part(lang, own), span = span(lang, *min, *max))
        }
        RuleView::EveryKnowledge { min, max } => t!(lang, rule::every_knowledge, span = span(lang, *min, *max)),
        RuleView::Band { name, min, max } => {
            t!(lang, rule::band, name = band(lang, name), span = span(lang, *min, Some(*max)))
        }
        RuleView::Mean { target_permille, tolerance_permille } => mean(lang, *target_permille, *tolerance_permille),
        RuleView::LowerLevels { levels, min, max } => {
            let levels: Vec<_> = levels.iter().map(name).collect();
            let levels = levels.join(t!(lang, shell::and));
            t!(lang, rule::lower_levels, levels = levels, span = span(lang, *min, Some(*max)))
        }
        RuleView::Must { questions } => t!(lang, rule::must, questions = listed(lang, questions)),
        RuleView::Never { questions } => t!(lang, rule::never, questions = listed(lang, questions)),
        RuleView::Enemies { questions } => t!(lang, rule::enemies, questions = listed(lang, questions)),
        RuleView::EnemySets(n) => t!(lang, rule::enemy_sets, n = n),
        RuleView::Earlier { paper, overlap_max } => t!(lang, rule::earlier, paper = paper, n = overlap_max),
        RuleView::Seen { admission_no } => t!(lang, rule::seen, number = admission_no),
        RuleView::Exposure { max_permille } => t!(lang, rule::exposure, share = percent(*max_permille)),
        RuleView::Supply { part: own, present } => t!(lang, rule::supply, part = part(lang, own), n = present),
    }
}

/// Five at most, and how many there are.
fn listed(lang: Lang, questions: &[String]) -> String {
    let first = questions.iter().take(LISTED_MAX).map(String::as_str).collect::<Vec<_>>().join(t!(lang, shell::and));
    if questions.len() > LISTED_MAX { t!(lang, rule::and_more, first = first, n = questions.len()) } else { first }
}

pub(super) fn repair(lang: Lang, repair: &RepairView) -> String {
    match repair {
        RepairView::Write { part: own, count } => t!(lang, bank_state::write, part = part(lang, own), n = count),
        // The number of this rule is a share, not a count.
        RepairView::Relax { rule: own @ RuleView::Mean { .. }, by } => {
            t!(lang, bank_state::relax, rule = rule(lang, own), n = number_of_milli(*by))
        }
        RepairView::Relax { rule: own @ RuleView::Exposure { .. }, by } => {
            t!(lang, bank_state::relax, rule = rule(lang, own), n = percent(*by))
        }
        RepairView::Relax { rule: own, by } => t!(lang, bank_state::relax, rule = rule(lang, own), n = by),
    }
}

pub(super) fn fault(lang: Lang, fault: &BankFaultView) -> String {
    match fault {
        BankFaultView::Duplicate(question) => t!(lang, bank_state::duplicate, question = question),
        BankFaultView::Unrated(question) => t!(lang, bank_state::unrated, question = question),
        BankFaultView::QuestionUnknown(question) => t!(lang, bank_state::question_unknown, question = question),
        BankFaultView::PaperUnknown(paper) => t!(lang, bank_state::paper_unknown, paper = paper),
        BankFaultView::Other(text) => text.clone(),
    }
}

/// What is wrong with a plan or a roster, in a sentence.
pub fn problem(lang: Lang, problem: &DraftProblem) -> String {
    let at = |line: Option<u32>, reader: &String| match line {
        Some(line) => t!(lang, problem::at_line, line = line, reader = reader),
        None => reader.clone(),
    };
    match problem {
        DraftProblem::PlanUnreadable { line, reader } => t!(lang, problem::plan, why = at(*line, reader)),
        DraftProblem::BeginsUnreadable(text) => t!(lang, problem::begins, text = text),
        DraftProblem::StandardUnknown(id) => t!(lang, problem::standard, id = id),
        DraftProblem::ColumnUnknown { level, direction: None } => t!(lang, problem::level, level = level),
        DraftProblem::ColumnUnknown { level, direction: Some(direction) } => {
            t!(lang, problem::direction, level = level, direction = direction)
        }
        DraftProblem::NotExaminable(id) => t!(lang, problem::not_examinable, id = id),
        DraftProblem::TooShort { minutes, minimum } => {
            t!(lang, problem::too_short, minutes = minutes, minimum = minimum)
        }
        DraftProblem::LengthOutside { minutes, most } => t!(lang, problem::length, minutes = minutes, most = most),
        DraftProblem::AllowanceOutside { most_seconds } => t!(lang, problem::allowance, most = most_seconds),
        DraftProblem::Beyond { setting, minutes } => t!(lang, problem::beyond, setting = setting, minutes = minutes),
        DraftProblem::Blueprint(error) => t!(lang, problem::blueprint, why = blueprint(lang, error)),
        DraftProblem::NoRoom => t!(lang, problem::no_room).to_owned(),
        DraftProblem::RoomTwice(room) => t!(lang, problem::room_twice, room = room),
        DraftProblem::RoomEmpty(room) => t!(lang, problem::room_empty, room = room),
        DraftProblem::EarlierUnknown(session) => t!(lang, problem::earlier_unknown, session = session),
        DraftProblem::RosterUnreadable { line, reader } => t!(lang, problem::roster, why = at(*line, reader)),
        DraftProblem::RosterEmpty => t!(lang, problem::roster_empty).to_owned(),
        DraftProblem::Row { row, admission_no, problem } => {
            t!(lang, problem::in_row, row = row, number = admission_no, why = row_problem(lang, problem))
        }
        DraftProblem::Other(text) => text.clone(),
    }
}

fn row_problem(lang: Lang, problem: &RowProblem) -> String {
    match problem {
        RowProblem::FieldEmpty => t!(lang, problem::field_empty).to_owned(),
        RowProblem::AdmissionNoTwice => t!(lang, problem::admission_no_twice).to_owned(),
        RowProblem::SeatTaken { room, seat } => t!(lang, problem::seat_taken, room = room, seat = seat),
        RowProblem::RoomUnknown(room) => t!(lang, problem::room_unknown, room = room),
        RowProblem::SeatOutside { room, seat, seats } => {
            t!(lang, problem::seat_outside, room = room, seat = seat, seats = seats)
        }
        RowProblem::ReasonMissing => t!(lang, problem::reason_missing).to_owned(),
        RowProblem::SessionUnknown(session) => t!(lang, problem::session_unknown, session = session),
        RowProblem::NeverSat(session) => t!(lang, problem::never_sat, session = session),
    }
}

/// The sentences of [`BlueprintError`] in the page's language.
fn blueprint(lang: Lang, error: &BlueprintError) -> String {
    use BlueprintError as E;
    let kind = |kind| i18n::kind_name(kind, lang);
    let points = |milli: u128| u32::try_from(milli).map_or_else(|_| (milli / 1000).to_string(), number_of_milli);
    match error {
        E::NoWeights { level, .. } => t!(lang, blueprint::no_weights, level = level),
        E::DuplicateFunction(function) => t!(lang, blueprint::function_twice, function = function),
        E::DuplicateKind(own) => t!(lang, blueprint::kind_twice, kind = kind(*own)),
        E::ZeroTotal => t!(lang, blueprint::zero_total).to_owned(),
        E::FunctionWithoutPoints(function) => t!(lang, blueprint::function_without_points, function = function),
        E::KindWithoutPoints(own) => t!(lang, blueprint::kind_without_points, kind = kind(*own)),
        E::TotalsDiffer { functions_milli, kinds_milli } => {
            t!(lang, blueprint::totals_differ, functions = points(*functions_milli), kinds = points(*kinds_milli))
        }
        E::TooLarge { total_milli } => t!(lang, blueprint::too_large, n = points(*total_milli)),
        E::MeanOutOfRange => t!(lang, blueprint::mean_out_of_range).to_owned(),
        E::BandsOutOfOrder => t!(lang, blueprint::bands_out_of_order).to_owned(),
        E::BandsDiffer { min, max, questions } => {
            t!(lang, blueprint::bands_differ, min = min, max = max, n = questions)
        }
        E::MinimumOverMaximum { part, min, max } => {
            t!(lang, blueprint::minimum_over_maximum, part = part, min = min, max = max)
        }
        E::LimitWithoutPart(function) => t!(lang, blueprint::limit_without_part, function = function),
        E::LimitOutside(part) => t!(lang, blueprint::limit_outside, part = part),
        E::DuplicateLimit(part) => t!(lang, blueprint::limit_twice, part = part),
        E::LowerLevels => t!(lang, blueprint::lower_levels).to_owned(),
        E::MustAndNever(question) => t!(lang, blueprint::must_and_never, question = question),
        E::EnemySet(set) => t!(lang, blueprint::enemy_set, set = set),
        E::MustBeEnemies(first, second) => t!(lang, blueprint::must_be_enemies, first = first, second = second),
        E::DuplicateEarlier => t!(lang, blueprint::earlier_twice).to_owned(),
        E::NoForms => t!(lang, blueprint::no_forms).to_owned(),
        E::ExposureOutOfRange => t!(lang, blueprint::exposure_out_of_range).to_owned(),
        E::Indivisible { function, kind: own, count, points, total_points, .. } => t!(
            lang,
            blueprint::indivisible,
            function = function,
            points = points,
            all = total_points,
            kind = kind(*own),
            count = count
        ),
    }
}
