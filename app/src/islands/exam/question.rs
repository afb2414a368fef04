//! One question: a plain form that the exam room takes over. The author's preview uses the same markup.

use leptos::prelude::*;

use super::{
    ExamWord,
    room::{Room, index_of, letter},
};
use crate::{islands::seam, wire::Choice};

/// The question shown, or all of them.
pub(super) fn questions(room: Room) -> impl IntoView + use<> {
    seam(move || {
        let shown = if room.all().get() { 0..room.count() as usize } else { room.index()..room.index() + 1 };
        let single = !room.all().get();
        shown.map(|index| form(room, index, single)).collect_view()
    })
}

fn form(room: Room, index: usize, single: bool) -> impl IntoView + use<> {
    let (epoch, position) = room.paper().with_value(|paper| (paper.epoch, paper.items[index].position));
    seam(view! {
        <form method="post" action="/exam/answer" autocomplete="off" class="question" id=["f-", &position.to_string()].concat()
            on:submit=|event| event.prevent_default()>
            <input type="hidden" name="epoch" value=epoch/>
            <input type="hidden" name="position" value=position/>
            <input type="hidden" name="revision" value=room.cell(index).seq/>
            {(!single).then(|| view! { <input type="hidden" name="all" value="1"/> })}
            // What Enter presses.
            <button name="go" value="stay" class="vh" tabindex="-1" aria-hidden="true">{room.word(ExamWord::Save)}</button>
            <article>{body(room, index)}</article>
            <div class="under">
                {(!single).then(|| flag(room, index, false))}
                <button name="go" value="stay" class="only-plain">{room.word(ExamWord::Save)}</button>
                {single.then(|| view! { <button name="go" value="sheet" class="quiet only-plain">{room.word(ExamWord::ToSheet)}</button> })}
                <button name="go" value="clear" class="quiet" disabled=move || !room.open() on:click=move |_| room.clear(index)>{room.word(ExamWord::Clear)}</button>
            </div>
            <p class="small muted only-plain">{room.word(ExamWord::PlainHint)}</p>
        </form>
    })
}

/// Number, kind, points, stem and options: exactly what a candidate sees.
pub fn body(room: Room, index: usize) -> impl IntoView + use<> {
    let (item, title) = room.paper().with_value(|paper| {
        let item = paper.items[index].clone();
        let title = paper.blocks.get(item.block).map(|block| block.title.clone()).unwrap_or_default();
        (item, title)
    });
    let (number, position) = (item.position, item.position.to_string());
    let many = item.choice == Choice::Many;
    let options = item
        .options
        .into_iter()
        .zip(0..8)
        .map(|(html, option)| option_view(room, index, option, html, many))
        .collect_view();
    let (head, stem) = (["q-", &position].concat(), ["stem-", &position].concat());
    let labels = [head.as_str(), " ", &stem].concat();
    seam(view! {
        <h2 class="meta" id=head tabindex="-1"><b>{room.word_with(ExamWord::Question, &position)}</b>" · "{title}" · "{item.points}</h2>
        {move || room.voided().with(|voided| voided.contains(&number)).then(|| view! { <p class="banner info">{room.word(ExamWord::Voided)}</p> })}
        <div class="stem" id=stem inner_html=item.stem></div>
        <div class="options" role=if many { "group" } else { "radiogroup" } aria-labelledby=labels>{options}</div>
    })
}

fn option_view(room: Room, index: usize, option: u8, html: String, many: bool) -> impl IntoView + use<> {
    let cell = room.cell(index);
    let bit = 1 << option;
    let chosen = move || cell.chosen.get() & bit != 0;
    let struck = move || cell.struck.get() & bit != 0;
    seam(view! {
        <div class="opt" class:out=struck on:contextmenu=move |event| { event.prevent_default(); room.strike(index, option); }>
            <label>
                <input type=if many { "checkbox" } else { "radio" } name="choice" value=letter(option)
                    checked=cell.chosen.get_untracked() & bit != 0 prop:checked=chosen disabled=move || !room.open()
                    on:change=move |event| room.choose(index, option, event_target_checked(&event))/>
                <span class="face"><b class="letter" class:box=many>{letter(option)}</b><span class="text" inner_html=html></span></span>
            </label>
            <button type="button" class="quiet strike only-live" on:click=move |_| room.strike(index, option)>
                {move || room.word(if struck() { ExamWord::StrikeUndo } else { ExamWord::Strike })}
                <span class="vh">" "{letter(option)}</span>
            </button>
        </div>
    })
}

/// 标记: to come back to. In the footer it belongs to the shown question's form by its id.
pub(super) fn flag(room: Room, index: usize, outside: bool) -> impl IntoView + use<> {
    let cell = room.cell(index);
    let owner = outside.then(|| ["f-", &(index + 1).to_string()].concat());
    seam(view! {
        <label class="check flag-box">
            <input type="checkbox" name="flagged" value="1" form=owner checked=cell.flagged.get_untracked() prop:checked=move || cell.flagged.get()
                disabled=move || !room.open() on:change=move |event| room.set_flag(index, event_target_checked(&event))/>
            <span>{room.word(ExamWord::Flag)}</span>
        </label>
    })
}

/// 上一题 and 下一题; without scripts they save on the way.
pub(super) fn neighbours(room: Room, index: usize) -> impl IntoView + use<> {
    let position = u32::try_from(index + 1).unwrap_or(1);
    debug_assert_eq!(index_of(position), index);
    let owner = ["f-", &position.to_string()].concat();
    let (first, last) = (position == 1, position == room.count());
    seam(view! {
        <div class="turn">
            <button name="go" value="prev" form=owner.clone() disabled=first on:click=move |event| { event.prevent_default(); room.go_to(position - 1); }>
                <span class="only-plain">{room.word(ExamWord::SaveThen)}</span>{room.word(ExamWord::Previous)}
            </button>
            <button name="go" value="next" form=owner class="primary" disabled=last on:click=move |event| { event.prevent_default(); room.go_to(position + 1); }>
                <span class="only-plain">{room.word(ExamWord::SaveThen)}</span>{room.word(ExamWord::Next)}
            </button>
        </div>
    })
}
