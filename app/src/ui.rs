//! What pages share: the document around them, notices, fields, the strip of the session.

use std::sync::Arc;

use hydration_context::SsrSharedContext;
use leptos::prelude::*;

use crate::{
    i18n::{self, t},
    notice::{self, Code, Grade, Notice},
    view::{Lang, Page, Purpose, SessionHead, TextSize, Theme, WhoView},
};

/// What a document has besides its content.
#[derive(Debug, Default)]
pub struct Frame {
    pub title: String,
    /// Marked on the page unless it counts.
    pub purpose: Option<Purpose>,
    /// Class of the body.
    pub class: &'static str,
    /// Whether there is an island on the page.
    pub island: bool,
    /// Reload by the browser itself every so many seconds, where no island does it.
    pub reload_seconds: Option<u32>,
}

/// A whole document. `content` is rendered inside the owner, so that islands know they are on the server.
pub fn document(page: &Page, frame: &Frame, content: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| {
        let content = content();
        let lang = page.lang;
        let refused = page.notice.as_ref().is_some_and(|notice| notice.code.grade() == Grade::Refused);
        let title = if refused { t!(lang, shell::title_refused, title = frame.title) } else { frame.title.clone() };
        let title = t!(lang, shell::title, title = title);
        view! {
            <html lang=i18n::tag(lang) data-theme=theme_code(page.theme) data-size=size_code(page.text_size)>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="robots" content="noindex"/>
                    <meta name="format-detection" content="telephone=no"/>
                    <title>{title}</title>
                    <link rel="icon" href=asset(page, "icon.svg") type="image/svg+xml"/>
                    <link rel="stylesheet" href=asset(page, "tokens.css")/>
                    <link rel="stylesheet" href=asset(page, "app.css")/>
                    {(page.client && frame.island).then(|| client(page))}
                    {frame.reload_seconds.map(|seconds| reload(page.client && frame.island, seconds))}
                </head>
                <body class=frame.class>
                    <a class="skip" href="#main">{t!(lang, shell::skip)}</a>
                    {frame.purpose.filter(|purpose| *purpose != Purpose::Exam).map(|purpose| view! {
                        <section class="purpose" aria-label=t!(lang, shell::purpose)>{i18n::purpose(purpose, lang)}</section>
                    })}
                    {content}
                </body>
            </html>
        }
        .to_html()
    });
    ["<!DOCTYPE html>", &html].concat()
}

/// The address of a file of `assets/`, with the build's mark so that it can be cached for ever.
fn asset(page: &Page, file: &str) -> String {
    format!("/assets/{file}?v={}", page.assets)
}

fn client(page: &Page) -> AnyView {
    view! {
        <script type="module" src=asset(page, "boot.js")></script>
        <script nomodule defer src=asset(page, "old.js")></script>
    }
    .into_any()
}

/// Without an island the page itself must come again; with one, only where scripts are off.
fn reload(island: bool, seconds: u32) -> AnyView {
    let content = seconds.to_string();
    if island {
        view! { <noscript><meta http-equiv="refresh" content=content/></noscript> }.into_any()
    } else {
        view! { <meta http-equiv="refresh" content=content/> }.into_any()
    }
}

pub const fn theme_code(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "light",
        Theme::Cream => "cream",
        Theme::Contrast => "contrast",
    }
}

pub const fn size_code(size: TextSize) -> &'static str {
    match size {
        TextSize::Normal => "normal",
        TextSize::Large => "large",
        TextSize::Larger => "larger",
    }
}

/// Text size, theme and language: plain forms that come back to this page.
pub fn display(page: &Page) -> AnyView {
    let lang = page.lang;
    let sizes = [
        (TextSize::Normal, t!(lang, display::size_normal)),
        (TextSize::Large, t!(lang, display::size_large)),
        (TextSize::Larger, t!(lang, display::size_larger)),
    ];
    let themes = [
        (Theme::Light, t!(lang, display::theme_light)),
        (Theme::Cream, t!(lang, display::theme_cream)),
        (Theme::Contrast, t!(lang, display::theme_contrast)),
    ];
    let back = page.path.clone();
    view! {
        <details class="menu">
            <summary>{t!(lang, display::menu)}</summary>
            <div class="menu-card">
                <form method="post" action="/display">
                    <input type="hidden" name="back" value=back/>
                    <p class="menu-label">{t!(lang, display::size)}</p>
                    <div class="choices">
                        {sizes.map(|(size, words)| pressed("text_size", size_code(size), words, size == page.text_size)).into_iter().collect_view()}
                    </div>
                    <p class="menu-label">{t!(lang, display::theme)}</p>
                    <div class="choices">
                        {themes.map(|(theme, words)| pressed("theme", theme_code(theme), words, theme == page.theme)).into_iter().collect_view()}
                    </div>
                </form>
                {language(page)}
            </div>
        </details>
    }
    .into_any()
}

fn pressed(name: &'static str, value: &'static str, words: &'static str, on: bool) -> AnyView {
    view! { <button name=name value=value aria-pressed=if on { "true" } else { "false" }>{words}</button> }.into_any()
}

/// The other language, by its own name.
pub fn language(page: &Page) -> AnyView {
    let (code, words) = match page.lang {
        Lang::Zh => (Lang::En, t!(Lang::En, shell::language)),
        Lang::En => (Lang::Zh, t!(Lang::Zh, shell::language)),
    };
    let value = match code {
        Lang::Zh => "zh",
        Lang::En => "en",
    };
    view! {
        <form method="post" action="/lang" class="lang">
            <input type="hidden" name="back" value=page.path.clone()/>
            <button class="quiet" name="lang" value=value lang=i18n::tag(code)>{words}</button>
        </form>
    }
    .into_any()
}

/// The outcome of the act before, at the top, with a way to the field that it is about.
pub fn notice(page: &Page) -> Option<AnyView> {
    let notice = page.notice.as_ref()?;
    let words = notice::words(notice, page.lang);
    Some(match notice.code.grade() {
        Grade::Done => view! { <div class="banner ok" role="status"><p>{words}</p></div> }.into_any(),
        Grade::Refused => view! {
            <div class="banner bad" role="alert" tabindex="-1" autofocus>
                <p>{match field_of(notice.code) {
                    Some(field) => view! { <a href=format!("#{field}")>{words}</a> }.into_any(),
                    None => words.into_any(),
                }}</p>
            </div>
        }
        .into_any(),
    })
}

/// The field that a refusal is about.
const fn field_of(code: Code) -> Option<&'static str> {
    match code {
        Code::LoginMismatch | Code::AdmissionNoTaken => Some("admission_no"),
        Code::ContributionShort => Some("contribution"),
        Code::PasswordWrong => Some("account"),
        Code::ConfirmMissing => Some("confirm"),
        _ => None,
    }
}

/// The same words beside the field, where the refusal is about it.
pub fn beside(page: &Page, field: &str) -> Option<String> {
    let refusal: &Notice = page.notice.as_ref()?;
    (field_of(refusal.code) == Some(field)).then(|| notice::words(refusal, page.lang))
}

/// A labelled text field; a refusal about it stands beside it.
pub fn field(page: &Page, name: &'static str, label: &str, kind: &'static str, mode: Option<&'static str>) -> AnyView {
    let beside = beside(page, name);
    let described = beside.is_some().then(|| format!("{name}-error"));
    view! {
        <p class="field">
            <label for=name>{label.to_owned()}</label>
            {beside.map(|words| view! { <span class="field-error" id=format!("{name}-error")>{words}</span> })}
            <input id=name name=name type=kind inputmode=mode autocomplete="off" autocapitalize="off" spellcheck="false" required
                aria-invalid=described.is_some().then_some("true") aria-describedby=described/>
        </p>
    }
    .into_any()
}

/// A labelled field of an act's form, whose id is apart from those of the other acts on the page.
pub fn act_field(act: &str, name: &'static str, label: &str, kind: &'static str, required: bool) -> AnyView {
    let id = format!("{act}-{name}");
    view! {
        <p class="field"><label for=id.clone()>{label.to_owned()}</label>
            <input id=id name=name type=kind autocomplete="off" autocapitalize="off" spellcheck="false" required=required/></p>
    }
    .into_any()
}

/// The way of a candidate, with where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Login,
    Confirm,
    Rules,
    Waiting,
    HandIn,
}

/// Header and main of a candidate's page before and after the exam.
pub fn candidate(page: &Page, step: Step, session: Option<&SessionHead>, content: AnyView) -> AnyView {
    let lang = page.lang;
    view! {
        <header class="bar">
            <span class="brand">{t!(lang, shell::product)}</span>
            <span class="grow">{session.map(|session| view! {
                <b>{i18n::subject(session, lang)}</b><span class="small muted block">{session.title.clone()}</span>
            })}</span>
            {display(page)}
        </header>
        {steps(lang, step)}
        <main id="main" class="narrow" tabindex="-1">{notice(page)}{content}</main>
    }
    .into_any()
}

fn steps(lang: Lang, now: Step) -> AnyView {
    let all = [
        (Step::Login, t!(lang, steps::login)),
        (Step::Confirm, t!(lang, steps::confirm)),
        (Step::Rules, t!(lang, steps::rules)),
        (Step::Waiting, t!(lang, steps::waiting)),
        (Step::HandIn, t!(lang, steps::exam)),
    ];
    view! {
        <nav class="steps" aria-label=t!(lang, steps::label)>
            <ol>{all.map(|(step, words)| view! { <li aria-current=(step == now).then_some("step")>{words}</li> }).into_iter().collect_view()}</ol>
        </nav>
    }
    .into_any()
}

/// Who sits, as a strip.
pub fn who(lang: Lang, who: &WhoView) -> AnyView {
    view! {
        <div class="who-strip">
            <b>{who.name.clone()}</b>
            <span class="num">{who.admission_no.clone()}</span>
            <span>{place(lang, who.room, who.seat)}</span>
        </div>
    }
    .into_any()
}

/// `第 2 考场 17 号机位`
pub fn place(lang: Lang, room: u32, seat: u32) -> String {
    t!(lang, shell::place, room = room, seat = seat)
}

/// Header and main of a staff page.
pub fn staff(page: &Page, wide: bool, content: AnyView) -> AnyView {
    let lang = page.lang;
    view! {
        <header class="bar staff-bar">
            <a class="brand" href="/staff">{t!(lang, shell::product)}</a>
            <span class="grow"></span>
            {page.staff.as_ref().map(|staff| view! {
                <span class="small muted">{staff.name.clone()}" · "{i18n::role(staff.role, lang)}</span>
                <form method="post" action="/staff/logout"><button class="quiet">{t!(lang, staff::sign_out)}</button></form>
            })}
            {display(page)}
        </header>
        <main id="main" class=if wide { "wide" } else { "sheet-main" } tabindex="-1">{notice(page)}{content}</main>
    }
    .into_any()
}

/// Label and value, one under the other.
pub fn facts(rows: Vec<(&'static str, String)>) -> AnyView {
    view! {
        <dl class="facts">{rows.into_iter().map(|(label, value)| view! { <div><dt>{label}</dt><dd class="num">{value}</dd></div> }).collect_view()}</dl>
    }
    .into_any()
}
