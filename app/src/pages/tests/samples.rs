//! View models to render: one of each, filled.

use super::*;

pub(super) fn named(zh: &str, en: &str) -> Name {
    Name { zh: zh.to_owned(), en: en.to_owned() }
}

pub(super) fn page(lang: Lang) -> Page {
    Page { lang, path: "/here?a=1&b=2".into(), assets: "abc".into(), client: true, ..Page::default() }
}

pub(super) fn staff_page(lang: Lang) -> Page {
    Page { staff: Some(StaffHead { name: "王监考".into(), role: Role::Proctor }), ..page(lang) }
}

pub(super) fn session() -> SessionHead {
    SessionHead {
        id: "s1".into(),
        title: "2026-11-28 上午场".into(),
        purpose: Purpose::Mock,
        subject: named("云计算工程技术人员", "Cloud Computing Engineering Technician"),
        level: named("初级", "Junior"),
        direction: Some(named("云计算运维", "Operations")),
        begins_text: "2026-11-28 09:00 (UTC+8)".into(),
        minutes: 90,
    }
}

pub(super) fn who(seat: u32) -> WhoView {
    WhoView {
        name: "考生姓名".into(),
        admission_no: "202601010317".into(),
        id_masked: "1101**********0017".into(),
        room: 2,
        seat,
    }
}

pub(super) fn item(position: u32, lang: Lang) -> ItemWire {
    let kind = kind_at(position);
    let stem = "某云主机重启后无法访问数据盘。运维人员在主机上得到下面的输出，**最合理**的处理是：\n\n```\n$ lsblk\nvdb    253:16   0  200G  0 disk\n```";
    let options = [
        "重新创建云硬盘，并从昨日备份恢复数据",
        "确认文件系统后手动挂载，并在 `/etc/fstab` 中按 UUID 补写挂载项",
        "对 vdb 执行 `mkfs.ext4` 后再挂载",
        "将云主机迁移到另一台物理服务器",
    ];
    ItemWire {
        position,
        block: kind as usize,
        choice: if kind == Kind::MultipleChoice { Choice::Many } else { Choice::One },
        points: i18n::points(1000, lang),
        stem: markdown::html(if position % 3 == 2 {
            stem
        } else {
            "云主机的安全组默认拒绝所有入方向流量，放行需要显式添加规则。"
        }),
        options: if kind == Kind::TrueFalse {
            i18n::true_false_options(lang).into()
        } else {
            options.iter().map(|text| markdown::inline_html(text)).collect()
        },
    }
}

pub(super) fn kind_at(position: u32) -> Kind {
    match position {
        ..=20 => Kind::TrueFalse,
        21..=80 => Kind::SingleChoice,
        _ => Kind::MultipleChoice,
    }
}

pub(super) fn exam(lang: Lang, all: bool) -> ExamView {
    let answer = |position: u32| AnswerWire {
        position,
        response: if position.is_multiple_of(2) { "A" } else { "B" }.into(),
        flagged: matches!(position, 12 | 31 | 38),
        seq: i64::from(position),
    };
    let blocks = [(Kind::TrueFalse, 1, 20), (Kind::SingleChoice, 21, 60), (Kind::MultipleChoice, 81, 20)];
    ExamView {
        session: session(),
        who: who(17),
        exam: ExamWire {
            sitting: "sit-17".into(),
            epoch: 3,
            blocks: blocks
                .map(|(kind, first, count)| BlockWire { title: i18n::block_title(kind, lang).into(), first, count })
                .into(),
            items: (1..=100).map(|position| item(position, lang)).collect(),
            answers: (1..=44).map(answer).collect(),
            current: 44,
            all,
            remaining_ms: 4_366_000,
            end_text: "10:30:00".into(),
            hand_in_after_ms: 0,
            reminders_ms: vec![900_000, 300_000],
            next_seq: 45,
            hand_raised: false,
            voided: vec![44],
        },
    }
}

pub(super) fn voided() -> Vec<VoidedView> {
    vec![VoidedView {
        question: "cc-j-ops-3-2-1-04".into(),
        reason: "Two options are right".into(),
        by: "office + office2".into(),
        at_text: "09:52:07".into(),
    }]
}

pub(super) fn score() -> ScoreView {
    ScoreView {
        total_milli: 72_500,
        max_milli: 100_000,
        passed: true,
        by_function: vec![
            (named("职业道德", "Ethics"), 5000, 5000),
            (named("云计算系统运维", "System operations"), 21_500, 30_000),
        ],
    }
}

pub(super) fn tile(seat: u32) -> TileView {
    let (state, offline_ms, hand_ms, closed_text) = match seat {
        17 => (SeatState::Offline, Some(102_000), None, None),
        9 => (SeatState::Writing, None, Some(35_000), None),
        4 | 22 => (SeatState::HandedIn, None, None, Some("10:04:11".to_owned())),
        13 => (SeatState::Absent, None, None, None),
        28 => (SeatState::NotArrived, None, None, None),
        29 => (SeatState::Waiting, None, None, None),
        _ => (SeatState::Writing, None, None, None),
    };
    let began = !matches!(state, SeatState::Absent | SeatState::NotArrived | SeatState::Waiting);
    TileView {
        sitting: format!("sit-{seat}"),
        seat,
        name: "考生姓名".into(),
        state,
        answered: if began { 38 + seat * 17 % 40 } else { 0 },
        questions: 100,
        remaining_ms: began.then_some(4_366_000),
        saved_ago_ms: began.then_some(i64::from(3 + seat * 7 % 50) * 1000),
        offline_ms,
        hand_ms,
        closed_text,
        left_page: u32::from(seat == 6) * 2,
    }
}

pub(super) fn home() -> StaffHomeView {
    let room = |number| RoomRow {
        id: format!("r{number}"),
        number,
        candidates: 29,
        proctors_required: 2,
        state: RoomState::Open,
    };
    StaffHomeView {
        drafts: vec![],
        sessions: vec![SessionRow {
            session: session(),
            state: SessionState::Running,
            candidates: 58,
            rooms: vec![room(1), room(2)],
        }],
        standards: vec![("std".into(), named("云计算工程技术人员", "Cloud Computing Engineering Technician"))],
    }
}

pub(super) fn ledger() -> Vec<LedgerRowView> {
    let row = |ms, cause, reason: &str| LedgerRowView {
        at_text: "09:00:03".into(),
        ms,
        cause,
        reason: reason.into(),
        actor: "王监考".into(),
    };
    vec![row(5_400_000, GrantCause::Duration, ""), row(300_000, GrantCause::Extension, "键盘故障")]
}

pub(super) fn events() -> Vec<EventRow> {
    let event = |act: &str, detail: &str| EventRow {
        at_text: "09:00:03".into(),
        act: act.into(),
        actor: "王监考".into(),
        detail: detail.into(),
    };
    vec![event("ledger.granted", "5:00"), event("session.outage", "")]
}

pub(super) fn proctor(account: &str) -> ProctorRow {
    ProctorRow { account: account.into(), name: "王监考".into(), since_text: "08:41".into() }
}

pub(super) fn room_view(state: RoomState, proctors: usize, selected: Option<u32>) -> RoomView {
    let detail = |seat| SittingDetail {
        tile: tile(seat),
        who: who(seat),
        end_text: Some("10:35:00".into()),
        ledger: ledger(),
        events: events(),
        free_seats: vec![31, 32],
    };
    RoomView {
        session: session(),
        id: "r2".into(),
        number: 2,
        state,
        clock_text: "10:17:21".into(),
        end_text: (state != RoomState::Preparing).then(|| "10:35:00".into()),
        pause: None,
        voided: voided(),
        proposals: vec![
            ProposalView { sitting: None, seat: 0, silent: 30, went_on: 28, gap_ms: 362_000, minutes: 7 },
            ProposalView { sitting: Some("sit-9".into()), seat: 9, silent: 1, went_on: 0, gap_ms: 95_000, minutes: 2 },
        ],
        proctors: (0..proctors).map(|n| proctor(&format!("p{n}"))).collect(),
        proctors_required: 2,
        columns: 6,
        tiles: (1..=30).map(tile).collect(),
        selected: selected.map(detail),
        shape: "a".into(),
        grant_minutes_max: 60,
        grant_minutes_alone: 10,
    }
}

pub(super) fn record() -> RecordView {
    RecordView {
        session: session(),
        number: 2,
        state: RoomState::Ended,
        opened_text: Some("09:00:03".into()),
        ended_text: Some("10:36:12".into()),
        proctors: vec![
            ("王监考".into(), "08:41".into(), None),
            ("李监考".into(), "08:43".into(), Some("10:37".into())),
        ],
        proctors_required: 2,
        proctors_enough: true,
        expected: 30,
        present: 28,
        absent: vec![who(13), who(28)],
        grants: vec![(who(17), ledger().remove(1))],
        incidents: events(),
        pauses: vec![
            PauseRecord {
                since_text: "09:40:12".into(),
                until_text: Some("09:46:20".into()),
                counted_ms: Some(373_000),
                reason: "Fire alarm".into(),
                paused_by: "王监考".into(),
                ended_by: Some("李监考".into()),
            },
            PauseRecord {
                since_text: "10:01:00".into(),
                until_text: None,
                counted_ms: None,
                reason: "Power cut".into(),
                paused_by: "王监考".into(),
                ended_by: None,
            },
        ],
        outages: vec![("09:31:02".into(), "09:32:40".into())],
        closed: vec![(ClosedBy::Candidate, 25), (ClosedBy::Clock, 2), (ClosedBy::Proctor, 1)],
        audit_head: "214:9f2c51d07ab3".into(),
        printed_text: "2026-11-28 10:40 (UTC+8)".into(),
    }
}

pub(super) fn coverage() -> CoverageView {
    let short =
        ShortageView { function: named("云计算安全管理", "Security"), kind: Kind::MultipleChoice, missing: 6 };
    let cell = |approved, needed, short: Vec<ShortageView>| {
        Some(CoverageCell {
            href: "/bank/std/questions?level=junior&function=ethics".into(),
            approved,
            needed,
            kinds: [approved / 5, approved - 2 * (approved / 5), approved / 5],
            bands: [approved / 3, approved - 2 * (approved / 3), approved / 3],
            points_without: 2,
            short,
        })
    };
    let row = |zh: &str, en: &str, cells| CoverageRow { function: named(zh, en), cells };
    let operations = named("云计算运维", "Operations");
    CoverageView {
        standard: "std".into(),
        name: named("云计算工程技术人员", "Cloud Computing Engineering Technician"),
        columns: vec![
            (named("初级", "Junior"), Some(operations.clone())),
            (named("中级", "Intermediate"), Some(operations)),
            (named("高级", "Senior"), None),
        ],
        rows: vec![
            row("职业道德", "Ethics", vec![cell(15, 5, vec![]), cell(21, 5, vec![]), cell(20, 5, vec![])]),
            row("云计算系统搭建", "System building", vec![cell(48, 15, vec![]), cell(12, 10, vec![]), None]),
            row(
                "云计算安全管理",
                "Security",
                vec![cell(40, 15, vec![]), cell(21, 15, vec![short.clone()]), cell(18, 10, vec![])],
            ),
        ],
        feet: vec![vec![], vec![short], vec![]],
    }
}

pub(super) fn question_list() -> QuestionListView {
    let row = |n: u32| QuestionRow {
        id: format!("sm-6.1.4-0{n}"),
        kind: Kind::SingleChoice,
        stem: "管理员在堡垒机上新建了用户 zhang，录入了服务器 db01 ……".into(),
        difficulty_permille: 740,
    };
    QuestionListView {
        standard: "std".into(),
        level: Some(named("初级", "Junior")),
        function: named("云计算安全管理", "Security"),
        level_id: "junior".into(),
        function_id: "security-management".into(),
        kind: Some(Kind::SingleChoice),
        points: vec![
            ("6.1.4".into(), "堡垒机使用知识".into(), (1..5).map(row).collect()),
            ("6.1.5".into(), "日志审计".into(), vec![]),
        ],
    }
}

pub(super) fn question_view(kind: Kind) -> QuestionView {
    let options = [
        ("在堡垒机上建立授权关系", true),
        ("新建同名账号", false),
        ("告知密码", kind == Kind::MultipleChoice),
        ("放行终端", false),
    ];
    QuestionView {
        id: "sm-6.1.4-02".into(),
        revision: 1,
        kind,
        standard: "std".into(),
        level: Some(named("初级", "Junior")),
        level_id: "junior".into(),
        function: named("云计算安全管理", "Security"),
        function_id: "security-management".into(),
        knowledge: ("6.1.4".into(), "堡垒机使用知识".into()),
        stem: "要让 zhang 用 `dbops` 运维 db01，还需要".into(),
        options: if kind == Kind::TrueFalse {
            vec![]
        } else {
            options.map(|(text, right)| (text.to_owned(), right)).into()
        },
        statement_true: (kind == Kind::TrueFalse).then_some(true),
        explanation: "堡垒机上的用户、资产和托管账号**彼此独立**。".into(),
        source: "国家职业标准 2-02-10-12 初级 6.1.4".into(),
        difficulty_permille: vec![(named("初级", "Junior"), 740)],
        previous: Some("sm-6.1.4-01".into()),
        next: None,
    }
}

pub(super) fn results_view() -> ResultsView {
    let row = |seat, score: Option<ScoreView>| ResultRow {
        who: who(seat),
        state: if score.is_some() { SeatState::HandedIn } else { SeatState::Absent },
        closed_text: score.is_some().then(|| "10:04:11".into()),
        score,
    };
    ResultsView {
        session: session(),
        pass_points: 60,
        functions: vec![named("职业道德", "Ethics"), named("云计算系统运维", "System operations")],
        rows: vec![
            row(1, Some(score())),
            row(2, Some(ScoreView { total_milli: 51_000, passed: false, ..score() })),
            row(13, None),
        ],
        voided: voided(),
        commitment: "9f2c51d07ab39f2c51d07ab3".into(),
        audit_head: "214:9f2c51d07ab3".into(),
    }
}

pub(super) fn rules() -> RulesView {
    RulesView {
        session: session(),
        who: who(17),
        minutes: 105,
        extra_minutes: 15,
        questions: 100,
        points: 100,
        pass_points: 60,
        kinds: vec![(Kind::TrueFalse, 20, 1000), (Kind::SingleChoice, 60, 1000), (Kind::MultipleChoice, 20, 1000)],
        earliest_hand_in_minutes: 30,
        late_entry_minutes: 30,
        late_ends_with_room: false,
        allowance_seconds: 2,
        reminder_minutes: vec![15, 5],
    }
}

pub(super) fn hand_in(too_early: bool) -> HandInView {
    HandInView {
        session: session(),
        who: who(17),
        epoch: 3,
        answered: 93,
        unanswered: vec![45, 46, 47, 81, 82, 99, 100],
        voided: vec![44],
        flagged: vec![12, 31],
        end_text: "10:30:00".into(),
        remaining_ms: 60_000,
        too_early_until: too_early.then(|| "09:30:00".into()),
    }
}

pub(super) fn waiting(open: bool) -> WaitingView {
    WaitingView {
        session: session(),
        who: who(17),
        begins_in_ms: 300_000,
        starts_in_ms: open.then_some(5000),
        late_ends_with_room: open,
    }
}

pub(super) fn paused() -> PausedView {
    PausedView { session: session(), who: who(17), remaining_ms: 4_366_000, answered: 44 }
}

pub(super) fn paused_room() -> RoomView {
    let pause =
        PauseView {
            since_text: "10:13:40".into(), for_ms: 221_000, reason: "Fire alarm".into(), by: "王监考".into()
        };
    RoomView { pause: Some(pause), end_text: None, ..room_view(RoomState::Open, 2, None) }
}

pub(super) fn receipt(score: Option<ScoreView>) -> ReceiptView {
    ReceiptView {
        session: session(),
        who: who(17),
        at_text: "10:12:09".into(),
        by: ClosedBy::Candidate,
        kept: 93,
        questions: 100,
        check_code: "7K4M-2QXD".into(),
        voided: vec![44],
        score,
    }
}

/// A refused act on a page.
pub(super) fn refused(page: Page, code: Code) -> Page {
    Page { notice: Some(Notice::from(code)), ..page }
}
