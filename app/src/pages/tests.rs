//! Every page, in both languages: it holds what it must, and nothing that the content policy or the reader would stumble on.

use question_bank::{question::Kind, standard::Name};

use super::{bank, candidate, error, results, room, staff};
use crate::{
    i18n, markdown,
    notice::{Code, Notice},
    view::*,
    wire::{AnswerWire, BlockWire, Choice, ExamWire, ItemWire, SeatState},
};

fn named(zh: &str, en: &str) -> Name {
    Name { zh: zh.to_owned(), en: en.to_owned() }
}

fn page(lang: Lang) -> Page {
    Page { lang, path: "/here?a=1&b=2".into(), assets: "abc".into(), client: true, ..Page::default() }
}

fn staff_page(lang: Lang) -> Page {
    Page { staff: Some(StaffHead { name: "王监考".into(), role: Role::Proctor }), ..page(lang) }
}

fn session() -> SessionHead {
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

fn who(seat: u32) -> WhoView {
    WhoView {
        name: "考生姓名".into(),
        admission_no: "202601010317".into(),
        id_masked: "1101**********0017".into(),
        room: 2,
        seat,
    }
}

fn item(position: u32, lang: Lang) -> ItemWire {
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

fn kind_at(position: u32) -> Kind {
    match position {
        ..=20 => Kind::TrueFalse,
        21..=80 => Kind::SingleChoice,
        _ => Kind::MultipleChoice,
    }
}

fn exam(lang: Lang, all: bool) -> ExamView {
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
        },
    }
}

fn score() -> ScoreView {
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

fn tile(seat: u32) -> TileView {
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

fn ledger() -> Vec<LedgerRowView> {
    let row = |ms, cause, reason: &str| LedgerRowView {
        at_text: "09:00:03".into(),
        ms,
        cause,
        reason: reason.into(),
        actor: "王监考".into(),
    };
    vec![row(5_400_000, GrantCause::Duration, ""), row(300_000, GrantCause::Extension, "键盘故障")]
}

fn events() -> Vec<EventRow> {
    let event = |act: &str, detail: &str| EventRow {
        at_text: "09:00:03".into(),
        act: act.into(),
        actor: "王监考".into(),
        detail: detail.into(),
    };
    vec![event("ledger.granted", "5:00"), event("session.outage", "")]
}

fn proctor(account: &str) -> ProctorRow {
    ProctorRow { account: account.into(), name: "王监考".into(), since_text: "08:41".into() }
}

fn room_view(state: RoomState, proctors: usize, selected: Option<u32>) -> RoomView {
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

fn record() -> RecordView {
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
        outages: vec![("09:31:02".into(), "09:32:40".into())],
        closed: vec![(ClosedBy::Candidate, 25), (ClosedBy::Clock, 2), (ClosedBy::Proctor, 1)],
        audit_head: "214:9f2c51d07ab3".into(),
        printed_text: "2026-11-28 10:40 (UTC+8)".into(),
    }
}

fn coverage() -> CoverageView {
    let short =
        ShortageView { function: named("云计算安全管理", "Security"), kind: Kind::MultipleChoice, missing: 6 };
    let cell = |approved, needed, short: Vec<ShortageView>| {
        Some(CoverageCell {
            href: "/bank/std/questions?level=junior&function=ethics".into(),
            approved,
            needed,
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

fn question_list() -> QuestionListView {
    let row = |n: u32| QuestionRow {
        id: format!("sm-6.1.4-0{n}"),
        kind: Kind::SingleChoice,
        stem: "管理员在堡垒机上新建了用户 zhang，录入了服务器 db01 ……".into(),
        difficulty_permille: 740,
    };
    QuestionListView {
        standard: "std".into(),
        level: named("初级", "Junior"),
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

fn question_view(kind: Kind) -> QuestionView {
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
        level: named("初级", "Junior"),
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
        difficulty_permille: 740,
        previous: Some("sm-6.1.4-01".into()),
        next: None,
    }
}

fn results_view() -> ResultsView {
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
        commitment: "9f2c51d07ab39f2c51d07ab3".into(),
        audit_head: "214:9f2c51d07ab3".into(),
    }
}

fn rules() -> RulesView {
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
        allowance_seconds: 2,
        reminder_minutes: vec![15, 5],
    }
}

fn hand_in(too_early: bool) -> HandInView {
    HandInView {
        session: session(),
        who: who(17),
        epoch: 3,
        answered: 93,
        unanswered: vec![45, 46, 47, 81, 82, 99, 100],
        flagged: vec![12, 31],
        end_text: "10:30:00".into(),
        remaining_ms: 60_000,
        too_early_until: too_early.then(|| "09:30:00".into()),
    }
}

fn waiting(open: bool) -> WaitingView {
    WaitingView { session: session(), who: who(17), begins_in_ms: 300_000, starts_in_ms: open.then_some(5000) }
}

fn receipt(score: Option<ScoreView>) -> ReceiptView {
    ReceiptView {
        session: session(),
        who: who(17),
        at_text: "10:12:09".into(),
        by: ClosedBy::Candidate,
        kept: 93,
        questions: 100,
        check_code: "7K4M-2QXD".into(),
        score,
    }
}

/// A refused act on a page.
fn refused(page: Page, code: Code) -> Page {
    Page { notice: Some(Notice::from(code)), ..page }
}

/// Each page with a name.
fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    let (page, staff_page) = (&page(lang), &staff_page(lang));
    let seat = LoginView { seat: Some((session(), 2, 17)) };
    let home = StaffHomeView {
        sessions: vec![SessionRow {
            session: session(),
            state: SessionState::Running,
            candidates: 58,
            rooms: (1..3)
                .map(|number| RoomRow {
                    id: format!("r{number}"),
                    number,
                    candidates: 29,
                    proctors_required: 2,
                    state: RoomState::Open,
                })
                .collect(),
        }],
        standards: vec![("std".into(), named("云计算工程技术人员", "Cloud Computing Engineering Technician"))],
    };
    vec![
        ("enrol", candidate::enrol(page, &EnrolView { session: session(), room: 2, seat: 17, code: "c0de".into() })),
        ("login", candidate::login(page, &seat)),
        ("login-refused", candidate::login(&refused(page.clone(), Code::LoginMismatch), &seat)),
        ("login-no-seat", candidate::login(page, &LoginView { seat: None })),
        ("confirm", candidate::confirm(page, &ConfirmView { session: session(), who: who(17), hand_raised: true })),
        ("rules", candidate::rules(page, &rules())),
        ("waiting", candidate::waiting(page, &waiting(false))),
        ("waiting-open", candidate::waiting(page, &waiting(true))),
        ("exam", candidate::exam(page, &exam(lang, false))),
        ("exam-all", candidate::exam(page, &exam(lang, true))),
        ("hand-in", candidate::hand_in(&refused(page.clone(), Code::ConfirmMissing), &hand_in(false))),
        ("hand-in-early", candidate::hand_in(page, &hand_in(true))),
        ("receipt", candidate::receipt(page, &receipt(None))),
        ("receipt-score", candidate::receipt(page, &receipt(Some(score())))),
        ("staff-login", staff::login(&refused(page.clone(), Code::PasswordWrong))),
        ("staff-home", staff::home(staff_page, &home)),
        ("room", room::room(staff_page, &room_view(RoomState::Open, 2, Some(17)))),
        ("room-preparing", room::room(staff_page, &room_view(RoomState::Preparing, 1, Some(28)))),
        ("room-alarm", room::room(staff_page, &room_view(RoomState::Open, 1, Some(9)))),
        ("record", room::record(staff_page, &record())),
        ("coverage", bank::coverage(staff_page, &coverage())),
        ("questions", bank::questions(staff_page, &question_list())),
        ("question", bank::question(staff_page, &question_view(Kind::MultipleChoice))),
        ("question-true-false", bank::question(staff_page, &question_view(Kind::TrueFalse))),
        ("results", results::results(staff_page, &results_view())),
        ("error", error(page, ErrorView::Internal)),
    ]
}

#[test]
fn every_page_is_a_document_of_its_language_without_inline_style_or_script() {
    for (lang, tag) in [(Lang::Zh, "zh-CN"), (Lang::En, "en")] {
        for (name, html) in pages(lang) {
            assert!(
                html.starts_with(&format!(
                    "<!DOCTYPE html><html lang=\"{tag}\" data-theme=\"light\" data-size=\"normal\">"
                )),
                "{name}: {}",
                &html[..120]
            );
            assert!(html.ends_with("</html>"), "{name}");
            assert_eq!(html.matches("<h1").count(), 1, "{name}: one first heading");
            assert_eq!(html.matches("<main id=\"main\"").count(), 1, "{name}: one main, where the skip link goes");
            for forbidden in [" style=\"", "<style", "javascript:", " onclick", " onload", "<script>"] {
                assert!(!html.contains(forbidden), "{name}: {forbidden}");
            }
            for script in html.split("<script").skip(1) {
                assert!(
                    script.contains("src=\"/assets/") && script.contains("></script>"),
                    "{name}: a script of our own origin and without text"
                );
            }
        }
    }
}

#[test]
fn english_pages_say_nothing_of_ours_in_chinese() {
    for (name, html) in pages(Lang::En) {
        // Names, titles and questions are data; what is left must not be Chinese.
        let mut text = html;
        for data in sample_data() {
            text = text.replace(&data, "");
        }
        let chinese: String = text.chars().filter(|c| ('\u{4e00}'..'\u{9fff}').contains(c)).collect();
        assert_eq!(chinese, "中文", "{name}");
    }
}

/// Chinese that the samples bring with them.
fn sample_data() -> Vec<String> {
    let mut data: Vec<String> = Vec::new();
    for item in exam(Lang::En, true).exam.items {
        let escaped =
            |html: &str| html.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
        let json = item.stem.replace('\n', "\\n");
        data.extend([escaped(&json), item.stem.clone()]);
        for option in &item.options {
            data.extend([escaped(option), option.clone()]);
        }
    }
    data.push(markdown::html(&question_view(Kind::SingleChoice).explanation));
    data.push("要让 zhang 用".to_owned());
    let plain = "考生姓名 王监考 李监考 键盘故障 上午场 堡垒机使用知识 日志审计 管理员在堡垒机上新建了用户 录入了服务器 在堡垒机上建立授权关系 新建同名账号 告知密码 放行终端 运维 还需要 国家职业标准 初级";
    data.extend(plain.split(' ').map(str::to_owned));
    data
}

#[test]
fn the_purpose_is_marked_unless_it_counts() {
    let strip = |purpose| {
        let session = SessionHead { purpose, ..session() };
        candidate::confirm(&page(Lang::Zh), &ConfirmView { session, who: who(1), hand_raised: false })
    };
    assert!(strip(Purpose::Mock).contains("模拟考试"));
    assert!(strip(Purpose::Rehearsal).contains("不计成绩"));
    assert!(!strip(Purpose::Exam).contains("class=\"purpose\""));
}

#[test]
fn the_exam_is_a_plain_form_that_knows_what_it_was_made_from() {
    let html = candidate::exam(&page(Lang::Zh), &exam(Lang::Zh, false));
    let form = html.split("<form method=\"post\" action=\"/exam/answer\"").nth(1).expect("the question's form");
    let form = form.split("</form>").next().unwrap_or_default();
    for held in [
        "autocomplete=\"off\"",
        "name=\"epoch\" value=\"3\"",
        "name=\"position\" value=\"44\"",
        "name=\"revision\" value=\"44\"",
        "type=\"radio\" name=\"choice\" value=\"A\" checked",
        "name=\"go\" value=\"clear\"",
        "name=\"go\" value=\"stay\"",
    ] {
        assert!(form.contains(held), "{held} in {form}");
    }
    // What Enter presses must be harmless.
    assert!(form.find("value=\"stay\"") < form.find("value=\"clear\""));
    for held in [
        "name=\"go\" value=\"prev\" form=\"f-44\"",
        "name=\"go\" value=\"next\" form=\"f-44\"",
        "name=\"flagged\" value=\"1\" form=\"f-44\"",
    ] {
        assert!(html.contains(held), "{held}");
    }
    assert!(html.contains("href=\"/exam?q=100\""), "the sheet's cells are links");
    assert!(html.contains("10:30:00"), "the absolute end is shown");
}

#[test]
fn all_on_one_page_has_a_form_for_each_question() {
    let html = candidate::exam(&page(Lang::Zh), &exam(Lang::Zh, true));
    assert_eq!(html.matches("action=\"/exam/answer\"").count(), 100);
    assert_eq!(html.matches("name=\"all\" value=\"1\"").count(), 100);
    assert_eq!(
        html.matches("type=\"checkbox\" name=\"choice\"").count(),
        80,
        "20 multiple choice questions of four options"
    );
}

#[test]
fn without_a_client_no_script_is_named_and_the_waiting_page_comes_again() {
    let page = Page { client: false, ..page(Lang::Zh) };
    let html = candidate::waiting(&page, &waiting(false));
    assert!(!html.contains("<script"));
    assert!(html.contains("<meta http-equiv=\"refresh\" content=\"5\">"));
    let with_client = candidate::waiting(&self::page(Lang::Zh), &waiting(false));
    assert!(with_client.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"));
    assert!(with_client.contains("/assets/boot.js?v=abc"));
}

#[test]
fn a_refusal_stands_at_the_top_and_beside_its_field() {
    let html =
        candidate::login(&refused(page(Lang::Zh), Code::LoginMismatch), &LoginView { seat: Some((session(), 2, 17)) });
    assert!(html.contains("role=\"alert\""));
    assert!(html.contains("<a href=\"#admission_no\">"));
    assert!(html.contains("aria-describedby=\"admission_no-error\""));
    assert!(html.contains("<title>未成功："));
}

#[test]
fn a_room_says_why_it_can_not_open() {
    let few = room::room(&staff_page(Lang::Zh), &room_view(RoomState::Preparing, 1, None));
    assert!(few.contains("还缺 1 名监考员"));
    assert!(!few.contains("action=\"/rooms/r2/open\""));
    let enough = room::room(&staff_page(Lang::Zh), &room_view(RoomState::Preparing, 2, None));
    assert!(enough.contains("action=\"/rooms/r2/open\""));
}

#[test]
fn live_words_say_who_needs_the_proctor() {
    let live = room::live(&room_view(RoomState::Open, 1, None), Lang::Zh);
    assert!(!live.proctors_enough);
    assert!(live.proctors_text.contains("还缺 1 名"));
    assert_eq!(live.needs, ["9 号 举手 0:35", "17 号 离线 1:42，0:22 前保存"]);
    let counts: Vec<_> = live.counts.iter().map(|(_, n)| *n).collect();
    // Expected, present, not logged in, absent, waiting, writing, offline, hands, handed in.
    assert_eq!(counts, [30, 28, 1, 1, 1, 24, 1, 1, 2]);
    let tile = |seat: usize| &live.tiles[seat - 1];
    assert_eq!(tile(17).state_text, "离线 1:42");
    assert_eq!(tile(4).saved_text, "10:04:11 交卷");
    assert_eq!(tile(13).answered_text, "");
    assert_eq!(tile(1).remaining_text, "1:12:46");
    let ended = room::live(&room_view(RoomState::Ended, 0, None), Lang::Zh);
    assert!(ended.proctors_enough, "an ended room needs nobody");
}

#[test]
fn the_candidates_page_holds_no_key_and_the_preview_folds_it_away() {
    let html = bank::question(&staff_page(Lang::Zh), &question_view(Kind::MultipleChoice));
    let before_fold = html.split("<details class=\"act\"").next().unwrap_or_default();
    assert!(!before_fold.contains("AC"));
    assert!(html.contains("</b> <!>AC</p>"));
    assert!(before_fold.contains("type=\"checkbox\" name=\"choice\" value=\"D\""));
}

#[test]
fn what_people_write_is_escaped() {
    let mut view = room_view(RoomState::Open, 2, Some(17));
    for tile in &mut view.tiles {
        tile.name = "<img src=x>\"'".into();
    }
    view.proctors[0].name = "<b>".into();
    let html = room::room(&staff_page(Lang::Zh), &view);
    assert!(!html.contains("<img"));
    assert!(!html.contains("<b><b>"));
}

/// `KAOCHANG_GALLERY=/some/folder cargo test -p kaochang-app --features ssr -- --ignored gallery`
#[test]
#[ignore = "writes every page into a folder, to be looked at"]
fn gallery() {
    let folder = std::env::var("KAOCHANG_GALLERY").expect("KAOCHANG_GALLERY names a folder");
    for (lang, tag) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        for (name, html) in pages(lang) {
            std::fs::write(format!("{folder}/{tag}-{name}.html"), html).expect("the folder can be written");
        }
    }
}
