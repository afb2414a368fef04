//! View models of the office's pages, and what these pages must hold.

use question_bank::blueprint::BlueprintError;

use super::*;

/// Each page of the office with a name.
pub(super) fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    let page = &office_page(lang);
    let nothing = StaffHomeView { drafts: vec![], sessions: vec![], standards: vec![] };
    let mut pages = vec![
        ("office-home", staff::home(page, &StaffHomeView { drafts: draft_rows(), ..home() })),
        ("office-home-empty", staff::home(page, &nothing)),
        ("draft-new", draft::new(page, &new_draft(false))),
        ("draft-new-refused", draft::new(page, &new_draft(true))),
        ("fairness", session::fairness(page, &fairness_view())),
    ];
    let failed = |failure| drawing(DrawView::Failed(failure));
    let bank = |bank| DraftView { bank, ..draft_view() };
    let contributing = |contributing| DraftView { contributing, ..draft_view() };
    let drafts = [
        ("draft", None, draft_view()),
        ("draft-ready", None, drawing(DrawView::Idle)),
        ("draft-elsewhere", None, drawing(DrawView::Elsewhere)),
        ("draft-running", None, drawing(DrawView::Running(Progress { done: 412, all: 1020 }))),
        ("draft-failed-rare", None, failed(DrawFailure::Rare { proposals: 1_000_000 })),
        ("draft-failed-check", None, failed(DrawFailure::NotConforming("position 3".into()))),
        ("draft-failed-bank", None, failed(DrawFailure::Bank)),
        ("draft-failed-interrupted", None, failed(DrawFailure::Interrupted)),
        ("draft-done", None, drawing(DrawView::Done("s1".into()))),
        ("draft-short", None, bank(BankView::Short(diagnosis()))),
        ("draft-contradiction", None, bank(BankView::Short(contradiction()))),
        ("draft-faulty", None, bank(BankView::Faulty(faults()))),
        ("draft-rare", None, bank(BankView::Rare { proposals: 1_000_000 })),
        ("draft-checking", Some(Code::ContributionShort), bank(BankView::Checking)),
        ("draft-delete", Some(Code::ConfirmMissing), contributing(Contributing::Given { both_by_system: true })),
    ];
    let noticed = |code: Option<Code>| code.map_or_else(|| page.clone(), |code| refused(page.clone(), code));
    pages.extend(drafts.map(|(name, code, view)| (name, draft::draft(&noticed(code), &view))));
    let sessions = [
        ("session", None, session_view(EvidenceView::NotYet { rooms: 2 }, free_seats())),
        (
            "session-refused",
            Some(Code::AdmissionNoTaken),
            session_view(EvidenceView::NotYet { rooms: 1 }, free_seats()),
        ),
        ("session-ended", None, session_view(EvidenceView::Open, AddingView::Over)),
        ("session-old", None, session_view(EvidenceView::None, AddingView::NoReserve)),
    ];
    pages.extend(sessions.map(|(name, code, view)| (name, session::session(&noticed(code), &view))));
    pages
}

fn office_page(lang: Lang) -> Page {
    Page { staff: Some(StaffHead { name: "王监考".into(), role: Role::Office }), ..page(lang) }
}

const DIGEST: &str = "9f2c51d07ab36e1880f5c4d2937b0a1e5d6f48c29b3071e6a4d8c5f20b79e134";

fn head() -> SessionHead {
    SessionHead { id: "d1".into(), ..session() }
}

fn draft_rows() -> Vec<DraftRow> {
    vec![
        DraftRow { draft: head(), candidates: 58, contributions: 1, drawing: None },
        DraftRow {
            draft: head(),
            candidates: 1000,
            contributions: 2,
            drawing: Some(Progress { done: 412, all: 1020 }),
        },
    ]
}

fn new_draft(refused: bool) -> NewDraftView {
    let row = |row, problem| DraftProblem::Row { row, admission_no: "202601010317".into(), problem };
    let text = String::from;
    let problems = vec![
        DraftProblem::PlanUnreadable { line: Some(3), reader: "invalid string".into() },
        DraftProblem::PlanUnreadable { line: None, reader: "missing field `title`".into() },
        DraftProblem::BeginsUnreadable("tomorrow".into()),
        DraftProblem::StandardUnknown("none".into()),
        DraftProblem::ColumnUnknown { level: "none".into(), direction: None },
        DraftProblem::ColumnUnknown { level: "junior".into(), direction: Some("none".into()) },
        DraftProblem::NotExaminable("std".into()),
        DraftProblem::TooShort { minutes: 60, minimum: 90 },
        DraftProblem::LengthOutside { minutes: 0, most: 720 },
        DraftProblem::AllowanceOutside { most_seconds: 60 },
        DraftProblem::Beyond { setting: "earliest_hand_in_minutes".into(), minutes: 120 },
        DraftProblem::NoRoom,
        DraftProblem::RoomTwice(1),
        DraftProblem::RoomEmpty(2),
        DraftProblem::EarlierUnknown("s9".into()),
        DraftProblem::RosterUnreadable { line: Some(4), reader: "found 4 fields".into() },
        DraftProblem::RosterEmpty,
        DraftProblem::Other("something else".into()),
        row(2, RowProblem::FieldEmpty),
        row(3, RowProblem::AdmissionNoTwice),
        row(4, RowProblem::SeatTaken { room: 1, seat: 7 }),
        row(5, RowProblem::RoomUnknown(9)),
        row(6, RowProblem::SeatOutside { room: 1, seat: 33, seats: 32 }),
        row(7, RowProblem::ReasonMissing),
        row(8, RowProblem::SessionUnknown("s8".into())),
        row(9, RowProblem::NeverSat("s1".into())),
    ];
    let typed = TypedDraft { plan: text("title = \"</textarea><b>\""), roster: text("\nadmission_no,name\n1,<i>\n") };
    NewDraftView {
        columns: vec![PlanColumn {
            standard: ("std".into(), session().subject),
            level: ("junior".into(), session().level),
            direction: session().direction.map(|name| ("operations".into(), name)),
        }],
        begins: "2026-12-05T09:00:00+08:00".into(),
        typed: refused.then_some(typed),
        problems: if refused { problems.into_iter().chain(blueprint_problems()).collect() } else { Vec::new() },
    }
}

/// One of each.
fn blueprint_problems() -> Vec<DraftProblem> {
    use BlueprintError as E;
    let (f, q) = (|| "security".to_owned(), |n: u32| format!("q{n}"));
    let kind = Kind::MultipleChoice;
    vec![
        E::NoWeights { standard: "std".into(), level: "junior".into(), direction: None },
        E::DuplicateFunction(f()),
        E::DuplicateKind(kind),
        E::ZeroTotal,
        E::FunctionWithoutPoints(f()),
        E::KindWithoutPoints(kind),
        E::TotalsDiffer { functions_milli: 100_000, kinds_milli: 99_500 },
        E::TooLarge { total_milli: 9_000_000_000 },
        E::MeanOutOfRange,
        E::BandsOutOfOrder,
        E::BandsDiffer { min: 90, max: 95, questions: 100 },
        E::MinimumOverMaximum { part: "6.1.4".into(), min: 3, max: 2 },
        E::LimitWithoutPart(f()),
        E::LimitOutside(f()),
        E::DuplicateLimit(f()),
        E::LowerLevels,
        E::MustAndNever(q(1)),
        E::EnemySet(q(1)),
        E::MustBeEnemies(q(1), q(2)),
        E::DuplicateEarlier,
        E::ExposureOutOfRange,
        E::NoForms,
        E::Indivisible { function: f(), kind, count: 20, points: 17, total_points: 100, remainder: 40 },
    ]
    .into_iter()
    .map(DraftProblem::Blueprint)
    .collect()
}

fn security() -> Name {
    named("云计算安全管理", "Security")
}

fn part(kind: Option<Kind>, band: Option<&str>, knowledge: bool) -> PartView {
    PartView {
        level: None,
        function: Some(security()),
        knowledge: knowledge.then(|| ("6.1.4".into(), "堡垒机使用知识".into())),
        kind,
        band: band.map(str::to_owned),
        href: Some("/bank/std/questions?level=junior&function=security&kind=multiple_choice".into()),
    }
}

fn blueprint() -> BlueprintView {
    let names = [
        ("职业道德", "Ethics", 5, [1, 3, 1]),
        ("云计算系统搭建", "System building", 20, [4, 12, 4]),
        ("云计算安全管理", "Security", 75, [15, 45, 15]),
    ];
    let band = |name: &str, at_least_permille, n| BandQuota { name: name.into(), at_least_permille, min: n, max: n };
    BlueprintView {
        kinds: vec![(Kind::TrueFalse, 20, 1000), (Kind::SingleChoice, 60, 1000), (Kind::MultipleChoice, 20, 1000)],
        functions: names
            .map(|(zh, en, points, counts)| FunctionQuota {
                function: named(zh, en),
                points,
                counts: counts.map(|n| (n, n)).into(),
            })
            .into(),
        mean: Some((600, 5)),
        bands: vec![band("easy", 750, 30), band("medium", 450, 40), band("hard", 0, 30)],
        rules: rules_of_all_kinds(),
        digest: DIGEST.into(),
    }
}

fn rules_of_all_kinds() -> Vec<RuleView> {
    let questions = |n: usize| (1..=n).map(|n| format!("sm-6.1.4-0{n}")).collect::<Vec<_>>();
    vec![
        RuleView::Total { points: 100 },
        RuleView::EveryKnowledge { min: 0, max: Some(6) },
        RuleView::Limit { part: part(None, None, true), min: 1, max: None },
        RuleView::Limit { part: part(None, None, true), min: 1, max: Some(3) },
        RuleView::LowerLevels { levels: vec![named("初级", "Junior")], min: 0, max: 10 },
        RuleView::Must { questions: questions(2) },
        RuleView::Never { questions: questions(7) },
        RuleView::Enemies { questions: questions(2) },
        RuleView::EnemySets(12),
        RuleView::Earlier { paper: "s0".into(), overlap_max: 20 },
        RuleView::Seen { admission_no: "202601010317".into() },
        RuleView::Exposure { max_permille: 250 },
    ]
}

fn starving() -> Vec<StarvingView> {
    vec![
        StarvingView { part: part(Some(Kind::MultipleChoice), None, false), needed: 15, present: 21 },
        StarvingView { part: part(None, Some("hard"), false), needed: 30, present: 58 },
        StarvingView { part: PartView { band: Some("易".into()), ..PartView::default() }, needed: 0, present: 58 },
    ]
}

/// One contribution is there, and this officer may give the other.
fn draft_view() -> DraftView {
    DraftView {
        draft: head(),
        created_by: "王监考".into(),
        created_text: "2026-11-20 16:02 (UTC+8)".into(),
        blueprint: blueprint(),
        bank: BankView::Enough(SufficiencyView {
            trials: 400,
            candidates: 58,
            questions: 100,
            drawable: 620,
            overlap_mean_milli: 18_340,
            overlap_p99: 26,
            exposure_max_permille: 714,
            papers_log10: Some(94),
            starving: starving(),
        }),
        candidates: 58,
        reserves: 2,
        accommodated: 1,
        resitting: 3,
        rooms: (1..3).map(|number| DraftRoom { number, seats: 32, candidates: 29, proctors_required: 2 }).collect(),
        contributions: vec![contribution(false)],
        contributing: Contributing::Open { both_by_system: true },
        draw: DrawView::Idle,
    }
}

fn contribution(by_system: bool) -> ContributionRow {
    ContributionRow { by: "李监考".into(), at_text: "2026-11-20 16:10".into(), digest: DIGEST.into(), by_system }
}

/// Everything before the draw is done.
fn drawing(draw: DrawView) -> DraftView {
    DraftView {
        contributions: vec![contribution(false), contribution(true)],
        contributing: Contributing::Complete,
        draw,
        ..draft_view()
    }
}

fn diagnosis() -> DiagnosisView {
    DiagnosisView {
        contradiction: false,
        conflict: vec![
            RuleView::Share { function: security(), kind: Kind::MultipleChoice, count: 15 },
            RuleView::Band { name: "hard".into(), min: 30, max: 30 },
            RuleView::Supply { part: part(Some(Kind::MultipleChoice), Some("hard"), false), present: 4 },
        ],
        repairs: vec![
            RepairView::Write { part: part(Some(Kind::MultipleChoice), Some("hard"), false), count: 3 },
            RepairView::Write { part: part(None, None, true), count: 1 },
        ],
        starving: starving(),
    }
}

fn contradiction() -> DiagnosisView {
    let band = RuleView::Band { name: "hard".into(), min: 30, max: 30 };
    let mean = RuleView::Mean { target_permille: 600, tolerance_permille: 5 };
    DiagnosisView {
        contradiction: true,
        conflict: vec![
            RuleView::FunctionPoints { function: security(), points: 15 },
            RuleView::KindCount { kind: Kind::MultipleChoice, count: 20 },
            mean.clone(),
        ],
        repairs: vec![
            RepairView::Relax { rule: band, by: 2 },
            RepairView::Relax { rule: mean, by: 12 },
            RepairView::Relax { rule: RuleView::Exposure { max_permille: 100 }, by: 50 },
        ],
        starving: vec![],
    }
}

fn faults() -> Vec<BankFaultView> {
    let id = || "sm-6.1.4-02".to_owned();
    vec![
        BankFaultView::Duplicate(id()),
        BankFaultView::Unrated(id()),
        BankFaultView::QuestionUnknown(id()),
        BankFaultView::PaperUnknown("s0".into()),
        BankFaultView::Other("something else".into()),
    ]
}

fn free_seats() -> AddingView {
    AddingView::Open(vec![(1, vec![30, 31, 32]), (2, vec![])])
}

fn session_view(evidence: EvidenceView, adding: AddingView) -> SessionView {
    SessionView {
        session: session(),
        state: SessionState::Running,
        rooms: (1..3)
            .map(|number| RoomRow {
                id: format!("r{number}"),
                number,
                candidates: 29,
                proctors_required: 2,
                state: RoomState::Open,
            })
            .collect(),
        candidates: 59,
        proof: ProofView {
            commitment: DIGEST.into(),
            drawn_text: "2026-11-20 16:31 (UTC+8)".into(),
            engine: "kaochang-drawer/3 0.1.0".into(),
            papers: 60,
            checked: 60,
            blueprint: DIGEST.into(),
            bank: DIGEST.into(),
            roster: DIGEST.into(),
            earlier: Some(DIGEST.into()),
            contributions: vec![contribution(false), contribution(true)],
        },
        evidence,
        voided: voided(),
        reserves: 2,
        late: vec![LateRow { who: who(30), at_text: "2026-11-28 08:52".into(), by: "王监考".into() }],
        adding,
    }
}

fn spread(mean_milli: u64, half_milli: u64) -> ScoreSpread {
    ScoreSpread {
        min_milli: mean_milli - half_milli,
        mean_milli,
        max_milli: mean_milli + half_milli,
        sd_milli: half_milli / 3,
    }
}

fn fairness_view() -> FairnessView {
    let score = |n: u32| PaperScore {
        admission_no: format!("20260101{n:04}"),
        room: 1 + n % 2,
        seat: n,
        below_milli: 38_100 + u64::from(n) * 15,
        passing_milli: 59_560 + u64::from(n) * 45,
        above_milli: 78_020 + u64::from(n) * 12,
        error_milli: 1_498,
    };
    let own = |zh: &str, en: &str, points: u32| FunctionSpread {
        function: named(zh, en),
        points,
        below: spread(u64::from(points) * 380, 15 * u64::from(points)),
        passing: spread(u64::from(points) * 600, 20 * u64::from(points)),
        above: spread(u64::from(points) * 780, 18 * u64::from(points)),
    };
    FairnessView {
        session: session(),
        papers: 59,
        questions: 588,
        unrated: 2,
        max_milli: 100_000,
        assumptions: FairnessAssumptions {
            ability_sd_milli: 1000,
            rating_sd_permille: 150,
            unrated_permille: 500,
            draws: 200,
        },
        below: spread(38_400, 700),
        passing: spread(60_012, 452),
        above: spread(78_200, 610),
        uncertainty: FairnessUncertainty {
            paper_error_milli: 1_498,
            pair_error_milli: 1_902,
            true_spread: TrueSpread { low_milli: 4_600, median_milli: 5_420, high_milli: 6_310 },
            halving_responses: 32,
            halving_candidates: 190,
            true_spread_halved: TrueSpread { low_milli: 2_400, median_milli: 2_840, high_milli: 3_300 },
        },
        functions: vec![
            own("职业道德", "Ethics", 5),
            own("云计算系统搭建", "System building", 20),
            own("云计算安全管理", "Security", 75),
        ],
        extremes: (1..=20).map(score).collect(),
        made_text: "2026-11-28 11:02 (UTC+8)".into(),
    }
}

fn written(draft: &DraftView) -> String {
    draft::draft(&office_page(Lang::Zh), draft)
}

#[test]
fn the_plan_template_is_filled_and_what_was_typed_comes_back() {
    for lang in [Lang::Zh, Lang::En] {
        let view = new_draft(false);
        let plan = draft::plan_template(lang, view.columns.first(), &view.begins);
        assert!(plan.contains("\nstandard = \"std\"\nlevel = \"junior\"\ndirection = \"operations\"\n"), "{plan}");
        assert!(plan.contains("\nbegins = \"2026-12-05T09:00:00+08:00\"\n"), "{plan}");
        assert!(!plan.contains(['{', '}']), "{plan}");
        let without = draft::plan_template(lang, None, "");
        assert!(without.contains("\n# direction = \"\"\n"), "{without}");
    }
    let html = draft::new(&office_page(Lang::Zh), &new_draft(true));
    assert!(html.contains(">\ntitle = \"&lt;/textarea&gt;&lt;b&gt;\"</textarea>"), "typed, and escaped");
    assert!(html.contains(">\n\nadmission_no,name\n1,&lt;i&gt;\n</textarea>"), "its own line break survives");
}

#[test]
fn every_problem_of_a_draft_stands_at_the_top_and_leads_to_its_field() {
    let view = new_draft(true);
    let html = draft::new(&office_page(Lang::Zh), &view);
    let summary = html.split("role=\"alert\"").nth(1).and_then(|rest| rest.split("</div>").next()).unwrap_or_default();
    assert_eq!(summary.matches("<li>").count(), view.problems.len());
    assert_eq!(summary.matches("href=\"#roster\"").count(), 10);
    assert_eq!(summary.matches("href=\"#plan\"").count(), view.problems.len() - 10);
    assert!(html.contains("<title>未成功："));
    assert!(summary.contains("第 6 行（202601010317）：第 1 考场的机位为 1 至 32 号，没有 33 号"));
    let fresh = draft::new(&office_page(Lang::Zh), &new_draft(false));
    assert!(!fresh.contains("role=\"alert\"") && !fresh.contains("aria-invalid"));
}

#[test]
fn a_draft_is_drawn_only_when_everything_before_it_is_done() {
    let action = "action=\"/drafts/d1/draw\"";
    let open = written(&draft_view());
    assert!(!open.contains(action));
    assert!(open.contains("等待：两位考务人员的随机贡献。"), "it says what it waits for");
    assert!(written(&drawing(DrawView::Idle)).contains(action));
    let short = written(&DraftView { bank: BankView::Short(diagnosis()), ..drawing(DrawView::Idle) });
    assert!(!short.contains(action));
    assert!(short.contains("等待：题库。"));
    let failed = |bank| written(&DraftView { bank, ..drawing(DrawView::Failed(DrawFailure::Interrupted)) });
    assert!(failed(draft_view().bank).contains(action), "a failed draw can be tried again");
    assert!(!failed(BankView::Checking).contains(action));
    for elsewhere in [DrawView::Elsewhere, DrawView::Running(Progress { done: 0, all: 0 }), DrawView::Done("s1".into())]
    {
        assert!(!written(&drawing(elsewhere)).contains(action));
    }
}

#[test]
fn every_state_has_its_word() {
    let states = |draft: &DraftView| -> Vec<String> {
        let html = written(draft);
        let words = html.split("<li class=\"line ").skip(1);
        words
            .map(|line| {
                let class = line.split('"').next().unwrap_or_default();
                let tag = line.split("</h2>").next().unwrap_or_default();
                let word = ["已完成", "待处理", "等待", "受阻"].into_iter().find(|word| tag.contains(word));
                format!("{class} {}", word.unwrap_or("without a word"))
            })
            .collect()
    };
    assert_eq!(
        states(&draft_view()),
        ["done 已完成", "done 已完成", "done 已完成", "waits 等待", "now 待处理", "waits 等待"]
    );
    let short = DraftView { bank: BankView::Short(diagnosis()), ..drawing(DrawView::Idle) };
    assert_eq!(
        states(&short),
        ["done 已完成", "blocked 受阻", "done 已完成", "waits 等待", "done 已完成", "waits 等待"]
    );
    assert_eq!(states(&drawing(DrawView::Done("s1".into())))[5], "done 已完成");
}

#[test]
fn a_page_comes_again_by_itself_only_where_nobody_types() {
    let reload = "<meta http-equiv=\"refresh\" content=\"3\">";
    let running = drawing(DrawView::Running(Progress { done: 412, all: 1020 }));
    let html = written(&running);
    assert!(html.contains(reload) && !html.contains("<noscript>"), "with a client too: there is no island");
    assert!(html.contains("412 / 1020") && html.contains("可以离开本页"));
    assert!(!html.contains("<input id=\"contribution\""));
    let checking = |contributing| written(&DraftView { bank: BankView::Checking, contributing, ..draft_view() });
    let open = checking(Contributing::Open { both_by_system: false });
    assert!(open.contains("<input id=\"contribution\"") && !open.contains(reload));
    assert!(open.contains("<a href=\"/here?a=1&amp;b=2\">刷新</a>"));
    assert!(checking(Contributing::Complete).contains(reload));
}

#[test]
fn a_short_bank_says_what_to_write_and_where() {
    let html = written(&DraftView { bank: BankView::Short(diagnosis()), ..draft_view() });
    assert!(html.contains(
        "<a href=\"/bank/std/questions?level=junior&amp;function=security&amp;kind=multiple_choice\">云计算安全管理 · 多选题 · 难：还缺 3 题</a>"
    ));
    assert!(html.contains("题库中 云计算安全管理 · 多选题 · 难 只有 4 题"));
    let contradiction = written(&DraftView { bank: BankView::Short(contradiction()), ..draft_view() });
    assert!(contradiction.contains("放宽要求“平均难度 0.6 ± 0.005”：改动 0.012"));
    assert!(contradiction.contains("改动 5%"));
}

#[test]
fn one_officer_gives_one_contribution_and_the_system_both_only_where_nothing_is_at_stake() {
    let with = |contributing| written(&DraftView { contributing, ..draft_view() });
    let exam = with(Contributing::Open { both_by_system: false });
    assert!(
        exam.contains("value=\"own\"") && exam.contains("value=\"system\"") && !exam.contains("value=\"system_both\"")
    );
    assert!(exam.contains("minlength=\"20\""));
    let given = with(Contributing::Given { both_by_system: false });
    assert!(!given.contains("action=\"/drafts/d1/contribute\""));
    assert!(with(Contributing::Given { both_by_system: true }).contains("value=\"system_both\""));
    assert!(!with(Contributing::Complete).contains("action=\"/drafts/d1/contribute\""));
}

#[test]
fn a_draft_can_not_be_deleted_while_or_after_its_papers_are_drawn() {
    let action = "action=\"/drafts/d1/delete\"";
    assert!(written(&draft_view()).contains(action));
    assert!(!written(&drawing(DrawView::Running(Progress { done: 1, all: 2 }))).contains(action));
    assert!(!written(&drawing(DrawView::Done("s1".into()))).contains(action));
}

#[test]
fn drafts_are_for_the_office() {
    let home = StaffHomeView { drafts: draft_rows(), sessions: vec![], standards: vec![] };
    let office = staff::home(&office_page(Lang::Zh), &home);
    assert!(office.contains("href=\"/drafts/new\"") && office.contains("href=\"/drafts/d1\""));
    assert!(!staff::home(&staff_page(Lang::Zh), &home).contains("/drafts/"));
}

#[test]
fn the_commitment_is_read_in_groups_and_copied_whole() {
    let html = session::session(&office_page(Lang::Zh), &session_view(EvidenceView::Open, AddingView::Over));
    let code = html.split("<div class=\"commitment\">").nth(1).and_then(|rest| rest.split("</div>").next());
    let code = code.and_then(|rest| rest.split("<code>").nth(1)).unwrap_or_default();
    let groups: Vec<_> = code.split("<span>").skip(1).filter_map(|rest| rest.split("</span>").next()).collect();
    assert!(groups.iter().all(|group| group.len() == 4), "{groups:?}");
    assert_eq!(groups.concat(), DIGEST);
    assert!(html.contains(&format!("kaochang verify evidence-s1.json --commitment {DIGEST}")));
}

#[test]
fn the_evidence_is_offered_only_when_it_may_be_opened() {
    let html = |evidence| session::session(&office_page(Lang::Zh), &session_view(evidence, free_seats()));
    assert!(html(EvidenceView::Open).contains("href=\"/sessions/s1/evidence.json\""));
    let early = html(EvidenceView::NotYet { rooms: 2 });
    assert!(!early.contains("evidence.json\"") && early.contains("还有 2 个考场未结束"));
    assert!(!html(EvidenceView::None).contains("kaochang verify"));
}

#[test]
fn a_late_candidate_gets_a_free_seat_of_a_room_that_has_one() {
    let html = |adding| session::session(&office_page(Lang::Zh), &session_view(EvidenceView::Open, adding));
    let open = html(free_seats());
    let form = open.split("action=\"/sessions/s1/late\"").nth(1).and_then(|rest| rest.split("</form>").next());
    let form = form.unwrap_or_default();
    for name in ["admission_no", "name", "id_number", "room", "seat"] {
        assert!(form.contains(&format!("name=\"{name}\"")), "{name}");
    }
    assert!(form.contains("<option value=\"1\">") && !form.contains("<option value=\"2\">"));
    assert!(form.contains("空机位：30–32") && form.contains("空机位：无"));
    assert!(!html(AddingView::NoReserve).contains("/late\""));
    assert!(!html(AddingView::Over).contains("/late\""));
}

#[test]
fn the_fairness_sheet_says_how_little_it_proves() {
    let html = session::fairness(&office_page(Lang::Zh), &fairness_view());
    assert!(html.contains("59 份试卷中的哪一份，预期得分都在 59.56 至 60.46 分之间，最多相差 0.90 分"), "{html}");
    assert!(html.contains("5.4 分左右（十次中有九次在 4.6 至 6.3 分之间）"));
    assert!(html.contains("几乎不能证明"));
    assert!(html.contains("每题有 32 名刚好合格的考生作答") && html.contains("约需 190 名考生"));
    assert!(html.contains("其中 2 题没有难度"));
    let rated = session::fairness(&office_page(Lang::Zh), &FairnessView { unrated: 0, ..fairness_view() });
    assert!(!rated.contains("没有难度"));
    assert!(html.contains("href=\"/sessions/s1/fairness.csv\""));
    let extremes = html.rsplit("<tbody>").next().unwrap_or_default();
    assert_eq!(extremes.matches("<tr>").count(), 20);
}

#[test]
fn every_field_of_a_form_has_its_label_and_headings_follow_in_order() {
    for lang in [Lang::Zh, Lang::En] {
        for (name, html) in super::pages(lang) {
            labelled(name, &html);
            ordered(name, &html);
        }
    }
}

/// Fields that people fill are named by a label: around them, or by their id.
fn labelled(name: &str, html: &str) {
    for tag in ["<input ", "<select ", "<textarea "] {
        for (at, _) in html.match_indices(tag) {
            let field = html[at..].split('>').next().unwrap_or_default();
            let around = html[..at].rfind("<label").is_some_and(|label| !html[label..at].contains("</label>"));
            let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let by_id = id.is_some_and(|id| html.contains(&format!("<label for=\"{id}\"")));
            assert!(field.contains("type=\"hidden\"") || around || by_id, "{name}: no label for {field}");
        }
    }
}

/// No level of heading is left out on the way down.
fn ordered(name: &str, html: &str) {
    let mut last = 0;
    for (at, _) in html.match_indices("<h") {
        let Some(level) = html[at + 2..].chars().next().and_then(|c| c.to_digit(10)) else { continue };
        assert!(level <= last + 1, "{name}: a heading {level} under a heading {last}");
        last = level;
    }
}
