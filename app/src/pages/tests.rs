//! Every page, in both languages: it holds what it must, and nothing that the content policy or the reader would stumble on.

use question_bank::{question::Kind, standard::Name};

use super::{bank, candidate, draft, error, results, room, session, staff};
use crate::{
    i18n, markdown,
    notice::{Code, Notice},
    view::*,
    wire::{AnswerWire, BlockWire, Choice, ExamWire, ItemWire, SeatState},
};

mod office;
mod samples;

use samples::*;

/// Each page with a name.
fn pages(lang: Lang) -> Vec<(&'static str, String)> {
    let (page, staff_page) = (&page(lang), &staff_page(lang));
    let seat = LoginView { seat: Some((session(), 2, 17)) };
    let mut pages = vec![
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
        ("paused", candidate::paused(page, &paused())),
        ("hand-in", candidate::hand_in(&refused(page.clone(), Code::ConfirmMissing), &hand_in(false))),
        ("hand-in-early", candidate::hand_in(page, &hand_in(true))),
        ("receipt", candidate::receipt(page, &receipt(None))),
        ("receipt-score", candidate::receipt(page, &receipt(Some(score())))),
        ("staff-login", staff::login(&refused(page.clone(), Code::PasswordWrong))),
        ("staff-home", staff::home(staff_page, &home())),
        ("room", room::room(staff_page, &room_view(RoomState::Open, 2, Some(17)))),
        ("room-paused", room::room(staff_page, &paused_room())),
        ("room-preparing", room::room(staff_page, &room_view(RoomState::Preparing, 1, Some(28)))),
        ("room-alarm", room::room(staff_page, &room_view(RoomState::Open, 1, Some(9)))),
        ("record", room::record(staff_page, &record())),
        ("coverage", bank::coverage(staff_page, &coverage())),
        ("questions", bank::questions(staff_page, &question_list())),
        ("question", bank::question(staff_page, &question_view(Kind::MultipleChoice))),
        ("question-true-false", bank::question(staff_page, &question_view(Kind::TrueFalse))),
        ("results", results::results(staff_page, &results_view())),
        ("error", error(page, ErrorView::Internal)),
    ];
    pages.extend(office::pages(lang));
    pages
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
        let json = item.stem.replace('"', "\\\"").replace('\n', "\\n");
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
    let room = "30 名考生曾同时失去联系，最长 6:02；其中 28 名断网期间仍在作答，答案已上传。";
    let one = "9 号曾失去联系 1:35，其间没有作答。";
    assert_eq!(live.needs, ["9 号 举手 0:35", "17 号 离线 1:42，0:22 前保存", room, one]);
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
