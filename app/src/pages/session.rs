//! A session whose papers are drawn: what proves them, candidates added late, and the way to everything about it.

use leptos::prelude::*;

use super::draft::given;
use crate::{
    i18n::{self, t},
    ui::{self, Frame},
    view::{AddingView, EvidenceView, Lang, LateRow, Page, ProofView, SessionView, VoidedView},
};

mod fairness;

pub use fairness::fairness;

/// `GET /sessions/{session}`
pub fn session(page: &Page, view: &SessionView) -> String {
    let lang = page.lang;
    let frame = Frame {
        title: format!("{} · {}", t!(lang, session::title), view.session.title),
        purpose: Some(view.session.purpose),
        class: "staff print",
        ..Frame::default()
    };
    ui::document(page, &frame, || {
        let session = &view.session;
        let content = view! {
            <p class="back"><a href="/staff">{t!(lang, draft::back)}</a></p>
            <h1>{session.title.clone()}" "<span class="tag">{i18n::session_state(view.state, lang)}</span></h1>
            <p class="lead num">{i18n::subject(session, lang)}" · "{t!(lang, staff::session_line, begins = session.begins_text, minutes = session.minutes, n = view.candidates)}</p>
            {links(lang, view)}
            <h2>{t!(lang, session::proof)}</h2>
            {proof(lang, &view.proof)}
            <h2>{t!(lang, session::verify)}</h2>
            {verify(lang, view)}
            <h2>{t!(lang, session::late)}</h2>
            {late(page, view)}
            <h2>{t!(lang, voided::title)}</h2>
            {list(lang, &view.voided)}
            {voiding(page, view)}
        };
        ui::staff(page, false, content.into_any())
    })
}

fn links(lang: Lang, view: &SessionView) -> AnyView {
    let to = |page: &str| format!("/sessions/{}/{page}", view.session.id);
    let rooms = view
        .rooms
        .iter()
        .map(|row| view! { <li><a href=format!("/rooms/{}", row.id)>{t!(lang, room::name, n = row.number)}</a></li> });
    view! {
        <ul class="links in-line">
            <li><a href=to("results")>{t!(lang, results::title)}</a></li>
            <li><a href=to("fairness")>{t!(lang, fairness::title)}</a></li>
            {rooms.collect_view()}
        </ul>
    }
    .into_any()
}

/// The commitment whole, in groups of four for reading aloud; copied, it has no gaps.
fn proof(lang: Lang, proof: &ProofView) -> AnyView {
    let digits: Vec<char> = proof.commitment.chars().collect();
    let group = |group: &[char]| view! { <span>{group.iter().collect::<String>()}</span> };
    // Four groups stay on one line.
    let groups = digits
        .chunks(16)
        .map(|four| view! { <span class="four">{four.chunks(4).map(group).collect_view()}</span> })
        .collect_view();
    let mut facts = vec![
        (t!(lang, session::drawn), proof.drawn_text.clone()),
        (t!(lang, session::engine), proof.engine.clone()),
        (t!(lang, session::papers), t!(lang, session::papers_text, n = proof.papers, checked = proof.checked)),
        (t!(lang, session::blueprint_digest), proof.blueprint.clone()),
        (t!(lang, session::bank_digest), proof.bank.clone()),
        (t!(lang, session::roster_digest), proof.roster.clone()),
    ];
    facts.extend(proof.earlier.iter().map(|digest| (t!(lang, session::earlier_digest), digest.clone())));
    view! {
        <p>{t!(lang, session::commitment_text)}</p>
        <div class="commitment"><p class="small muted">{t!(lang, session::commitment)}</p>
            <code>{groups}</code></div>
        {ui::facts(facts)}
        {given(lang, &proof.contributions)}
    }
    .into_any()
}

fn verify(lang: Lang, view: &SessionView) -> AnyView {
    let file = format!("evidence-{}.json", view.session.id);
    let command = format!("kaochang verify {file} --commitment {}", view.proof.commitment);
    let evidence = match view.evidence {
        EvidenceView::Open => view! {
            <p><a href=format!("/sessions/{}/evidence.json", view.session.id) download=file>{t!(lang, session::evidence)}</a></p>
        }
        .into_any(),
        EvidenceView::NotYet { rooms } => {
            view! { <p class="banner info num">{t!(lang, session::evidence_not_yet, n = rooms)}</p> }.into_any()
        }
        EvidenceView::None => {
            return view! { <p>{t!(lang, session::evidence_none)}</p> }.into_any();
        }
    };
    view! {
        <p>{t!(lang, session::verify_text)}</p>
        {evidence}
        <p>{t!(lang, session::verify_command)}</p>
        <pre class="command"><code>{command}</code></pre>
    }
    .into_any()
}

/// What counts for nobody, and who decided it.
pub(super) fn list(lang: Lang, voided: &[VoidedView]) -> AnyView {
    if voided.is_empty() {
        return view! { <p class="empty">{t!(lang, voided::none)}</p> }.into_any();
    }
    let rows = voided.iter().map(|row| {
        view! {
            <tr><th scope="row"><code>{row.question.clone()}</code></th><td>{row.reason.clone()}</td>
                <td class="num">{row.at_text.clone()}</td><td>{row.by.clone()}</td></tr>
        }
    });
    view! {
        <p>{t!(lang, voided::rule)}</p>
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, voided::title)}</caption>
            <thead><tr><th scope="col">{t!(lang, voided::question)}</th><th scope="col">{t!(lang, acts::reason)}</th>
                <th scope="col">{t!(lang, record::time)}</th><th scope="col">{t!(lang, record::actor)}</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn voiding(page: &Page, view: &SessionView) -> AnyView {
    let lang = page.lang;
    let input = |name: &'static str, label: &'static str, kind: &'static str, required: bool| {
        ui::act_field("void", name, label, kind, required)
    };
    view! {
        <details class="act danger"><summary>{t!(lang, voided::act)}</summary><div class="act-body">
            <p>{t!(lang, voided::text)}</p>
            <form method="post" action=format!("/sessions/{}/void", view.session.id) autocomplete="off">
                {input("question", t!(lang, voided::question), "text", false)}
                <fieldset>
                    <legend>{t!(lang, voided::or)}</legend>
                    {input("admission_no", t!(lang, confirm::admission_no), "text", false)}
                    {input("position", t!(lang, voided::position), "number", false)}
                </fieldset>
                {input("reason", t!(lang, acts::reason), "text", true)}
                <fieldset>
                    <legend>{t!(lang, voided::second)}</legend>
                    {input("second_account", t!(lang, staff::account), "text", true)}
                    {input("second_password", t!(lang, staff::password), "password", true)}
                </fieldset>
                <label class="check"><input type="checkbox" name="confirm" value="yes" required/><span>{t!(lang, voided::confirm)}</span></label>
                <p class="acts"><button class="danger">{t!(lang, voided::act)}</button></p>
            </form>
        </div></details>
    }
    .into_any()
}

fn late(page: &Page, view: &SessionView) -> AnyView {
    let lang = page.lang;
    let rows = view.late.iter().map(|row| late_row(lang, row));
    let form = match &view.adding {
        AddingView::Open(rooms) => form(page, view, rooms),
        AddingView::NoReserve => view! { <p class="muted">{t!(lang, session::no_reserve)}</p> }.into_any(),
        AddingView::Over => view! { <p class="muted">{t!(lang, session::adding_over)}</p> }.into_any(),
    };
    view! {
        <p class="num">{t!(lang, session::reserves, used = view.late.len(), all = view.reserves)}</p>
        {(!view.late.is_empty()).then(|| view! {
            <div class="scroll"><table class="plain">
                <caption class="vh">{t!(lang, session::late)}</caption>
                <thead><tr><th scope="col">{t!(lang, confirm::admission_no)}</th><th scope="col">{t!(lang, confirm::name)}</th>
                    <th scope="col">{t!(lang, results::place)}</th><th scope="col">{t!(lang, record::time)}</th><th scope="col">{t!(lang, record::actor)}</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
        })}
        {form}
    }
    .into_any()
}

fn late_row(lang: Lang, row: &LateRow) -> AnyView {
    let who = &row.who;
    view! {
        <tr><td class="num">{who.admission_no.clone()}</td><th scope="row">{who.name.clone()}</th><td>{ui::place(lang, who.room, who.seat)}</td>
            <td class="num">{row.at_text.clone()}</td><td>{row.by.clone()}</td></tr>
    }
    .into_any()
}

fn form(page: &Page, view: &SessionView, rooms: &[(u32, Vec<u32>)]) -> AnyView {
    let lang = page.lang;
    let refused = ui::beside(page, "admission_no").is_some();
    let free = rooms.iter().map(|(room, seats)| {
        let seats = ranges(seats);
        let seats = if seats.is_empty() { t!(lang, session::no_seat).to_owned() } else { seats };
        view! { <li class="num">{t!(lang, session::free, room = room, seats = seats)}</li> }
    });
    let options = rooms
        .iter()
        .filter(|(_, seats)| !seats.is_empty())
        .map(|(room, _)| view! { <option value=*room>{t!(lang, room::name, n = room)}</option> });
    view! {
        <details class="act" open=refused><summary>{t!(lang, session::add)}</summary><div class="act-body">
            <p>{t!(lang, session::add_text)}</p>
            <form method="post" action=format!("/sessions/{}/late", view.session.id) autocomplete="off">
                {ui::field(page, "admission_no", t!(lang, confirm::admission_no), "text", None)}
                {ui::field(page, "name", t!(lang, confirm::name), "text", None)}
                {ui::field(page, "id_number", t!(lang, confirm::id), "text", None)}
                <p class="field"><label for="room">{t!(lang, staff::room)}</label>
                    <select id="room" name="room" required>{options.collect_view()}</select></p>
                <p class="field"><label for="seat">{t!(lang, draft::column_seat)}</label>
                    <input id="seat" name="seat" type="number" min="1" inputmode="numeric" required class="short" aria-describedby="free-seats"/></p>
                <ul class="small muted" id="free-seats">{free.collect_view()}</ul>
                <p class="acts"><button class="primary">{t!(lang, session::add)}</button></p>
            </form>
        </div></details>
    }
    .into_any()
}

/// `3, 7–9` of ascending numbers.
fn ranges(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let text = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    runs.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn neighbouring_seats_are_one_range() {
        assert_eq!(ranges(&[3, 7, 8, 9, 12, 13]), "3, 7–9, 12–13");
        assert_eq!(ranges(&[]), "");
    }
}
