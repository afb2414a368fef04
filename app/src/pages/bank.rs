//! The question bank 题库 for its authors: what it still lacks, the questions of a cell, one question as the candidate sees it.

use leptos::prelude::*;
use question_bank::{question::Kind, standard::Name};

use super::candidate::exam_word;
use crate::{
    i18n::{self, number_of_milli, t},
    islands::{
        Words,
        exam::{ExamWord, question, room::Room},
    },
    markdown,
    ui::{self, Frame},
    view::{
        CoverageCell, CoverageRow, CoverageView, Lang, Page, QuestionListView, QuestionRow, QuestionView, ShortageView,
    },
    wire::{BlockWire, Choice, ExamWire, ItemWire},
};

fn frame(title: String) -> Frame {
    Frame { title, class: "staff bank", ..Frame::default() }
}

/// `GET /bank/{standard}`: the weight table as a grid.
pub fn coverage(page: &Page, view: &CoverageView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, bank::coverage_title).to_owned()), || {
        let columns = view.columns.iter().map(|(level, direction)| {
            let mut head = i18n::name(level, lang);
            if let Some(direction) = direction {
                head = format!("{head} · {}", i18n::name(direction, lang));
            }
            view! { <th scope="col">{head}</th> }
        });
        let content = view! {
            <h1>{t!(lang, bank::coverage_of, name = i18n::name(&view.name, lang))}</h1>
            <p class="lead">{t!(lang, bank::coverage_lead)}</p>
            {view.columns.is_empty().then(|| view! { <p class="banner info">{t!(lang, bank::no_weights)}</p> })}
            <div class="scroll"><table class="grid">
                <caption class="vh">{t!(lang, bank::coverage_title)}</caption>
                <thead><tr><th scope="col">{t!(lang, bank::function)}</th>{columns.collect_view()}</tr></thead>
                <tbody>{view.rows.iter().map(|row| coverage_row(lang, row)).collect_view()}</tbody>
                <tfoot><tr><th scope="row">{t!(lang, bank::paper)}</th>{view.feet.iter().map(|short| foot(lang, short)).collect_view()}</tr></tfoot>
            </table></div>
            <ul class="key">
                <li><svg class="p" viewBox="0 0 22 8" aria-hidden="true" focusable="false"><rect class="done" width="22" height="8"/></svg>{t!(lang, bank::key_approved)}</li>
                <li><i class="swatch low" aria-hidden="true"></i>{t!(lang, bank::key_short)}</li>
            </ul>
            <p class="acts"><a class="button" href=format!("/bank/{}/coverage.csv", view.standard)>{t!(lang, bank::coverage_file)}</a></p>
        };
        ui::staff(page, true, content.into_any())
    })
}

fn coverage_row(lang: Lang, row: &CoverageRow) -> AnyView {
    let cells = row.cells.iter().map(|own| match own {
        Some(own) => cell(lang, own, &i18n::name(&row.function, lang)).into_any(),
        None => view! { <td class="none"><span aria-hidden="true">"—"</span><span class="vh">{t!(lang, bank::not_asked)}</span></td> }.into_any(),
    });
    view! { <tr><th scope="row">{i18n::name(&row.function, lang)}</th>{cells.collect_view()}</tr> }.into_any()
}

/// A full bar is three papers' worth.
fn cell(lang: Lang, cell: &CoverageCell, function: &str) -> AnyView {
    let percent = (cell.approved * 100 / (cell.needed * 3).max(1)).min(100);
    let without = (cell.points_without > 0)
        .then(|| view! { <small>{t!(lang, bank::points_without, n = cell.points_without)}</small> });
    let short = cell
        .short
        .iter()
        .map(|short| view! { <small class="bad">{shortage(lang, short, false)}</small> })
        .collect_view();
    view! {
        <td class:low=!cell.short.is_empty()>
            <a class="c" href=cell.href.clone()>
                <span class="vh">{function.to_owned()}" "</span>
                <b class="num">{cell.approved}</b>" "<small>{t!(lang, bank::per_paper, n = cell.needed)}</small>
                <svg class="p" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <rect class="rail" width="100" height="4"/><rect class="done" width=percent height="4"/>
                </svg>
                <small class="muted num">{t!(lang, bank::kinds_of, a = cell.kinds[0], b = cell.kinds[1], c = cell.kinds[2])}</small>
                <small class="muted num">{t!(lang, bank::bands_of, a = cell.bands[0], b = cell.bands[1], c = cell.bands[2])}</small>
                {short}{without}
            </a>
        </td>
    }
    .into_any()
}

fn shortage(lang: Lang, short: &ShortageView, with_function: bool) -> String {
    let kind = i18n::kind_name(short.kind, lang);
    if with_function {
        t!(lang, bank::short_of, function = i18n::name(&short.function, lang), kind = kind, n = short.missing)
    } else {
        t!(lang, bank::short, kind = kind, n = short.missing)
    }
}

fn foot(lang: Lang, short: &[ShortageView]) -> AnyView {
    if short.is_empty() {
        view! { <td class="ok">{t!(lang, bank::can_draw)}</td> }.into_any()
    } else {
        let lines = short.iter().map(|short| view! { <li>{shortage(lang, short, true)}</li> }).collect_view();
        view! { <td class="low">{t!(lang, bank::can_not_draw)}<ul>{lines}</ul></td> }.into_any()
    }
    .into_any()
}

/// `GET /bank/{standard}/questions`
pub fn questions(page: &Page, view: &QuestionListView) -> String {
    let lang = page.lang;
    let title = format!("{} · {}", i18n::name(&view.function, lang), level_name(lang, view.level.as_ref()));
    ui::document(page, &frame(title.clone()), || {
        let total: usize = view.points.iter().map(|(.., questions)| questions.len()).sum();
        let content = view! {
            {back(lang, &view.standard)}
            <h1>{title}</h1>
            <p class="lead num">{t!(lang, bank::questions_count, n = total, points = view.points.len())}</p>
            {filter(lang, view)}
            {view.points.iter().map(|(code, text, questions)| knowledge_point(lang, code, text, questions)).collect_view()}
        };
        ui::staff(page, false, content.into_any())
    })
}

fn back(lang: Lang, standard: &str) -> AnyView {
    view! { <p class="back"><a href=format!("/bank/{standard}")>{t!(lang, bank::back_to_coverage)}</a></p> }.into_any()
}

fn filter(lang: Lang, view: &QuestionListView) -> AnyView {
    let kinds = Kind::ALL.map(|kind| view! { <option value=kind.code() selected=view.kind == Some(kind)>{i18n::kind_name(kind, lang)}</option> });
    view! {
        <form method="get" action=format!("/bank/{}/questions", view.standard) class="filter">
            <input type="hidden" name="level" value=view.level_id.clone()/>
            <input type="hidden" name="function" value=view.function_id.clone()/>
            <label for="kind">{t!(lang, bank::kind)}</label>
            <select id="kind" name="kind"><option value="">{t!(lang, bank::all_kinds)}</option>{kinds.into_iter().collect_view()}</select>
            <button>{t!(lang, bank::show)}</button>
        </form>
    }
    .into_any()
}

fn knowledge_point(lang: Lang, code: &str, text: &str, questions: &[QuestionRow]) -> AnyView {
    let rows = questions.iter().map(|row| {
        view! {
            <li><a href=format!("/bank/questions/{}", row.id)>{markdown::line(&row.stem)}</a>
                <span class="small muted num">{i18n::kind_name(row.kind, lang)}" · "{row.id.clone()}" · "{difficulty(lang, row.difficulty_permille)}</span></li>
        }
    });
    let content = if questions.is_empty() {
        view! { <p class="empty">{t!(lang, bank::point_empty)}</p> }.into_any()
    } else {
        view! { <ul class="questions">{rows.collect_view()}</ul> }.into_any()
    };
    view! { <section class="point"><h2><span class="num">{code.to_owned()}</span>" "{text.to_owned()}</h2>{content}</section> }.into_any()
}

fn difficulty(lang: Lang, permille: u32) -> String {
    t!(lang, bank::difficulty, p = number_of_milli(permille))
}

/// Of a question of several levels each level's own.
fn difficulties(lang: Lang, levels: &[(Name, u32)]) -> String {
    let own = |(level, permille): &(Name, u32)| format!("{} {}", i18n::name(level, lang), number_of_milli(*permille));
    match levels {
        [(_, permille)] => difficulty(lang, *permille),
        levels => levels.iter().map(own).collect::<Vec<_>>().join(" · "),
    }
}

fn level_name(lang: Lang, level: Option<&Name>) -> String {
    level.map_or_else(|| t!(lang, bank::all_levels).to_owned(), |level| i18n::name(level, lang))
}

/// `GET /bank/questions/{id}`: the very markup of the exam page; key and explanation folded away.
pub fn question(page: &Page, view: &QuestionView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, bank::question_title, id = view.id)), || {
        let room =
            Room::new(preview(lang, view), Words(ExamWord::ALL.iter().map(|word| exam_word(lang, *word)).collect()));
        let cell = format!("/bank/{}/questions?level={}&function={}", view.standard, view.level_id, view.function_id);
        let turn = |id: &Option<String>, words: &'static str| {
            id.as_ref().map(|id| view! { <a class="button" href=format!("/bank/questions/{id}")>{words}</a> })
        };
        let content = view! {
            <p class="back"><a href=cell>{i18n::name(&view.function, lang)}" · "{level_name(lang, view.level.as_ref())}</a></p>
            <h1 class="num">{t!(lang, bank::question_title, id = view.id)}</h1>
            {ui::facts(vec![
                (t!(lang, bank::knowledge), format!("{} {}", view.knowledge.0, view.knowledge.1)),
                (t!(lang, bank::kind), i18n::kind_name(view.kind, lang).to_owned()),
                (t!(lang, bank::revision), view.revision.to_string()),
                (t!(lang, bank::expected), difficulties(lang, &view.difficulty_permille)),
            ])}
            <section class="preview" aria-label=t!(lang, bank::preview)><form autocomplete="off"><article>{question::body(room, 0)}</article></form></section>
            <details class="act"><summary>{t!(lang, bank::key_and_explanation)}</summary><div class="act-body">
                <p><b>{t!(lang, bank::key)}</b>" "{key(lang, view)}</p>
                <div inner_html=markdown::html(&view.explanation)></div>
                <p class="small muted">{t!(lang, bank::source)}" "{view.source.clone()}</p>
            </div></details>
            <p class="acts">{turn(&view.previous, t!(lang, exam::previous))}{turn(&view.next, t!(lang, exam::next))}</p>
        };
        ui::staff(page, false, content.into_any())
    })
}

fn key(lang: Lang, view: &QuestionView) -> String {
    match view.statement_true {
        Some(right) => {
            let [yes, no] = i18n::true_false_options(lang);
            if right { yes } else { no }
        }
        None => view.options.iter().zip('A'..).filter(|((_, right), _)| *right).map(|(_, letter)| letter).collect(),
    }
}

/// A paper of this one question.
fn preview(lang: Lang, view: &QuestionView) -> ExamWire {
    let options = match view.kind {
        Kind::TrueFalse => i18n::true_false_options(lang).into(),
        Kind::SingleChoice | Kind::MultipleChoice => {
            view.options.iter().map(|(text, _)| markdown::inline_html(text)).collect()
        }
    };
    let item = ItemWire {
        position: 1,
        block: 0,
        choice: if view.kind == Kind::MultipleChoice { Choice::Many } else { Choice::One },
        points: i18n::points(1000, lang),
        stem: markdown::html(&view.stem),
        options,
    };
    ExamWire {
        sitting: String::new(),
        epoch: 0,
        blocks: vec![BlockWire { title: i18n::block_title(view.kind, lang).to_owned(), first: 1, count: 1 }],
        items: vec![item],
        answers: Vec::new(),
        current: 1,
        all: false,
        remaining_ms: 0,
        end_text: String::new(),
        hand_in_after_ms: 0,
        reminders_ms: Vec::new(),
        next_seq: 1,
        hand_raised: false,
        voided: Vec::new(),
    }
}
