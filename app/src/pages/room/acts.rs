//! What the proctor can do. Grave acts are folded, say what will happen before it happens, and take a reason.

use leptos::prelude::*;

use crate::{
    i18n::{age, t},
    ui::act_field,
    view::{Lang, Page, ProctorRow, ProposalView, RoomState, RoomView, SittingDetail},
    wire::SeatState,
};

/// Names the fields of a form apart from those of the others on the page.
fn id(act: &str, field: &str) -> String {
    format!("{act}-{field}")
}

fn reason(lang: Lang, act: &str) -> AnyView {
    act_field(act, "reason", t!(lang, acts::reason), "text", true)
}

fn agreed(act: &str, words: &'static str) -> AnyView {
    let id = id(act, "confirm");
    view! { <label class="check"><input type="checkbox" id=id name="confirm" value="yes" required/><span>{words}</span></label> }.into_any()
}

/// Minutes, reason, and a second proctor above what one may give alone.
fn extension(lang: Lang, view: &RoomView, act: &str) -> AnyView {
    let minutes = id(act, "minutes");
    view! {
        <p class="field"><label for=minutes.clone()>{t!(lang, acts::minutes, most = view.grant_minutes_max)}</label>
            <input id=minutes name="minutes" type="number" min="1" max=view.grant_minutes_max inputmode="numeric" required class="short"/></p>
        {reason(lang, act)}
        <fieldset>
            <legend>{t!(lang, acts::second, alone = view.grant_minutes_alone)}</legend>
            {act_field(act, "second_account", t!(lang, staff::account), "text", false)}
            {act_field(act, "second_password", t!(lang, staff::password), "password", false)}
        </fieldset>
    }
    .into_any()
}

fn folded(title: &'static str, class: &'static str, content: AnyView) -> AnyView {
    view! { <details class=format!("act {class}")><summary>{title}</summary><div class="act-body">{content}</div></details> }.into_any()
}

/// Proctors, opening, time for all, ending.
pub(super) fn room(page: &Page, view: &RoomView) -> AnyView {
    let lang = page.lang;
    let to = |act: &str| format!("/rooms/{}/{act}", view.id);
    let open = view.state == RoomState::Open;
    view! {
        <section class="room-acts" aria-labelledby="room-acts">
            <h2 id="room-acts">{t!(lang, acts::room)}</h2>
            {proctors(lang, view)}
            {(view.state == RoomState::Preparing).then(|| opening(lang, view))}
            {open.then(|| pausing(lang, view))}
            {open.then(|| folded(t!(lang, acts::extend_all), "", view! {
                <form method="post" action=to("extend")>
                    <p>{t!(lang, acts::extend_all_text)}</p>
                    {extension(lang, view, "all")}
                    <p class="acts"><button class="primary">{t!(lang, acts::extend_all)}</button></p>
                </form>
            }.into_any()))}
            {open.then(|| folded(t!(lang, acts::end), "danger", view! {
                <form method="post" action=to("end")>
                    <p>{ending(lang, view)}</p>
                    {reason(lang, "end")}
                    {agreed("end", t!(lang, acts::end_confirm))}
                    <p class="acts"><button class="danger">{t!(lang, acts::end)}</button></p>
                </form>
            }.into_any()))}
        </section>
    }
    .into_any()
}

/// What was measured, in words.
pub(super) fn proposal_text(lang: Lang, proposal: &ProposalView) -> String {
    let gap = age(proposal.gap_ms);
    let (silent, went_on) = (proposal.silent, proposal.went_on);
    match &proposal.sitting {
        None if went_on == 0 => t!(lang, gap::room_quiet, n = silent, gap = gap),
        None => t!(lang, gap::room, n = silent, gap = gap, went_on = went_on),
        Some(_) if went_on > 0 => t!(lang, gap::one_went_on, seat = proposal.seat, gap = gap),
        Some(_) => t!(lang, gap::one, seat = proposal.seat, gap = gap),
    }
}

/// Grants that are proposed, prefilled: one click grants or dismisses.
pub(super) fn proposals(page: &Page, view: &RoomView) -> Option<AnyView> {
    let lang = page.lang;
    let forms = (1..).zip(&view.proposals).map(|(n, own): (u32, _)| {
        let id = |field: &str| format!("gap-{n}-{field}");
        let to = |act: &str| format!("/rooms/{}/{act}", view.id);
        let second = (own.minutes > view.grant_minutes_alone).then(|| view! {
            <fieldset>
                <legend>{t!(lang, acts::second, alone = view.grant_minutes_alone)}</legend>
                {act_field(&format!("gap-{n}"), "second_account", t!(lang, staff::account), "text", false)}
                {act_field(&format!("gap-{n}"), "second_password", t!(lang, staff::password), "password", false)}
            </fieldset>
        });
        let reason = t!(lang, gap::reason, gap = age(own.gap_ms));
        view! {
            <form method="post" action=to("gap-grant") class="banner warn gap">
                <p>{proposal_text(lang, own)}</p>
                <input type="hidden" name="sitting" value=own.sitting.clone().unwrap_or_default()/>
                <p class="field"><label for=id("minutes")>{t!(lang, acts::minutes, most = view.grant_minutes_max)}</label>
                    <input id=id("minutes") name="minutes" type="number" min="1" max=view.grant_minutes_max value=own.minutes.min(view.grant_minutes_max) inputmode="numeric" required class="short"/></p>
                <p class="field"><label for=id("reason")>{t!(lang, acts::reason)}</label>
                    <input id=id("reason") name="reason" type="text" value=reason required autocomplete="off"/></p>
                {second}
                <p class="acts"><button class="primary">{if own.sitting.is_some() { t!(lang, gap::grant_one) } else { t!(lang, gap::grant_room) }}</button>
                    <button formaction=to("gap-dismiss")>{t!(lang, gap::dismiss)}</button></p>
            </form>
        }
    });
    let forms = forms.collect_view();
    (!view.proposals.is_empty()).then(|| {
        view! { <section aria-labelledby="gaps"><h2 id="gaps">{t!(lang, gap::title)}</h2>{forms}</section> }.into_any()
    })
}

/// 暂停考试, or 继续考试.
fn pausing(lang: Lang, view: &RoomView) -> AnyView {
    let to = |act: &str| format!("/rooms/{}/{act}", view.id);
    if view.pause.is_some() {
        return view! {
            <form method="post" action=to("resume") class="opening">
                <p>{t!(lang, acts::resume_text)}</p>
                <p class="acts"><button class="primary">{t!(lang, acts::resume)}</button></p>
            </form>
        }
        .into_any();
    }
    let form = view! {
        <form method="post" action=to("pause")>
            <p>{t!(lang, acts::pause_text)}</p>
            {reason(lang, "pause")}
            <p class="acts"><button class="primary">{t!(lang, acts::pause)}</button></p>
        </form>
    };
    folded(t!(lang, acts::pause), "", form.into_any())
}

/// What ending the room does now.
fn ending(lang: Lang, view: &RoomView) -> String {
    let writing =
        view.tiles.iter().filter(|tile| matches!(tile.state, SeatState::Writing | SeatState::Offline)).count();
    if writing == 0 { t!(lang, acts::end_text).to_owned() } else { t!(lang, acts::end_writing, n = writing) }
}

fn proctors(lang: Lang, view: &RoomView) -> AnyView {
    let rows = view.proctors.iter().map(|row| proctor(lang, view, row)).collect_view();
    let missing = usize::try_from(view.proctors_required).unwrap_or(usize::MAX).saturating_sub(view.proctors.len());
    let present = if view.proctors.is_empty() {
        view! { <p class="empty">{t!(lang, acts::no_proctors)}</p> }.into_any()
    } else {
        view! { <ul class="proctors">{rows}</ul> }.into_any()
    };
    view! {
        <h3>{t!(lang, acts::proctors, present = view.proctors.len(), required = view.proctors_required)}</h3>
        {present}
        {(view.state != RoomState::Ended).then(|| view! {
            <details class="act" open=missing != 0>
                <summary>{t!(lang, acts::check_in)}</summary>
                <div class="act-body"><form method="post" action=format!("/rooms/{}/check-in", view.id)>
                    <p class="small">{t!(lang, acts::check_in_text)}</p>
                    {act_field("in", "account", t!(lang, staff::account), "text", true)}
                    {act_field("in", "password", t!(lang, staff::password), "password", true)}
                    <p class="acts"><button class="primary">{t!(lang, acts::check_in)}</button></p>
                </form></div>
            </details>
        })}
    }
    .into_any()
}

fn proctor(lang: Lang, view: &RoomView, row: &ProctorRow) -> AnyView {
    view! {
        <li>
            <span><b>{row.name.clone()}</b>" "<span class="small muted num">{t!(lang, acts::since, time = row.since_text)}</span></span>
            <form method="post" action=format!("/rooms/{}/check-out", view.id)>
                <input type="hidden" name="account" value=row.account.clone()/>
                <button class="quiet small">{t!(lang, acts::check_out)}<span class="vh">" "{row.name.clone()}</span></button>
            </form>
        </li>
    }
    .into_any()
}

/// 开考, or why not yet.
fn opening(lang: Lang, view: &RoomView) -> AnyView {
    let present = u32::try_from(view.proctors.len()).unwrap_or(u32::MAX);
    if present < view.proctors_required {
        let why = t!(
            lang,
            acts::open_missing,
            missing = view.proctors_required - present,
            n = view.tiles.len(),
            required = view.proctors_required
        );
        return view! { <div class="banner warn"><p>{why}</p></div> }.into_any();
    }
    let waiting = view.tiles.iter().filter(|tile| tile.state == SeatState::Waiting).count();
    view! {
        <form method="post" action=format!("/rooms/{}/open", view.id) class="opening">
            <p>{t!(lang, acts::open_text, waiting = waiting, n = view.tiles.len())}</p>
            <p class="acts"><button class="primary">{t!(lang, acts::open)}</button></p>
        </form>
    }
    .into_any()
}

/// On one candidate.
pub(super) fn sitting(page: &Page, view: &RoomView, detail: &SittingDetail) -> AnyView {
    let lang = page.lang;
    let tile = &detail.tile;
    let to = |act: &str| format!("/rooms/{}/sittings/{}/{act}", view.id, tile.sitting);
    let writing = matches!(tile.state, SeatState::Writing | SeatState::Offline);
    let seated = writing || tile.state == SeatState::Waiting;
    let over = matches!(tile.state, SeatState::HandedIn | SeatState::Absent);
    view! {
        <div class="sitting-acts">
            {tile.hand_ms.is_some().then(|| view! {
                <form method="post" action=to("lower-hand")><button class="primary">{t!(lang, acts::lower_hand)}</button></form>
            })}
            {writing.then(|| folded(t!(lang, acts::extend), "", view! {
                <form method="post" action=to("extend")>
                    <p>{t!(lang, acts::extend_text, seat = tile.seat)}</p>
                    {extension(lang, view, "one")}
                    <p class="acts"><button class="primary">{t!(lang, acts::extend)}</button></p>
                </form>
            }.into_any()))}
            {(!over).then(|| moving(lang, detail, to("move")))}
            {seated.then(|| folded(t!(lang, acts::release), "", view! {
                <form method="post" action=to("release")>
                    <p>{t!(lang, acts::release_text)}</p>
                    <p class="acts"><button>{t!(lang, acts::release)}</button></p>
                </form>
            }.into_any()))}
            {folded(t!(lang, acts::note), "", view! {
                <form method="post" action=to("note")>
                    {act_field("note", "text", t!(lang, acts::note_label), "text", true)}
                    <p class="acts"><button>{t!(lang, acts::note)}</button></p>
                </form>
            }.into_any())}
            {(tile.state == SeatState::NotArrived).then(|| folded(t!(lang, acts::absent), "danger", view! {
                <form method="post" action=to("absent")>
                    <p>{t!(lang, acts::absent_text)}</p>
                    <p class="acts"><button class="danger">{t!(lang, acts::absent)}</button></p>
                </form>
            }.into_any()))}
            {writing.then(|| folded(t!(lang, acts::force), "danger", view! {
                <form method="post" action=to("hand-in")>
                    <p>{t!(lang, acts::force_text, answered = tile.answered, n = tile.questions)}</p>
                    {reason(lang, "force")}
                    {agreed("force", t!(lang, acts::force_confirm))}
                    <p class="acts"><button class="danger">{t!(lang, acts::force)}</button></p>
                </form>
            }.into_any()))}
        </div>
    }
    .into_any()
}

fn moving(lang: Lang, detail: &SittingDetail, action: String) -> AnyView {
    let content = if detail.free_seats.is_empty() {
        view! { <p>{t!(lang, acts::move_none)}</p> }.into_any()
    } else {
        let seats = detail
            .free_seats
            .iter()
            .map(|seat| view! { <option value=*seat>{t!(lang, acts::seat, n = seat)}</option> })
            .collect_view();
        view! {
            <form method="post" action=action>
                <p>{t!(lang, acts::move_text)}</p>
                <p class="field"><label for="move-seat">{t!(lang, acts::move_to)}</label><select id="move-seat" name="seat">{seats}</select></p>
                <p class="acts"><button>{t!(lang, acts::move_seat)}</button></p>
            </form>
        }
        .into_any()
    };
    folded(t!(lang, acts::move_seat), "", content)
}
