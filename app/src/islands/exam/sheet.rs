//! The answer sheet 答题卡: a cell for each question, by kind, and what its marks mean.

use leptos::prelude::*;

use super::{
    ExamWord, keys,
    room::{Room, index_of},
};
use crate::{islands::seam, wire::BlockWire};

pub(super) fn sheet(room: Room) -> impl IntoView + use<> {
    let blocks = room.paper().with_value(|paper| paper.blocks.clone());
    let all = BlockWire { title: String::new(), first: 1, count: room.count() };
    seam(view! {
        <aside class="sheet" id="sheet" aria-label=room.word(ExamWord::Sheet)>
            <details class="fold" open>
                <summary>{room.word(ExamWord::Sheet)}" "<span class="num">{move || answered_of(room, &all)}</span></summary>
                <nav aria-label=room.word(ExamWord::Sheet)>{blocks.into_iter().map(|block| block_view(room, block)).collect_view()}</nav>
                {legend(room)}
            </details>
            <p class="mode">
                <a href=move || { let shown = room.current().get(); ["/exam?q=", &shown.to_string(), if room.all().get() { "" } else { "&all=1" }].concat() }
                    on:click=move |event| { event.prevent_default(); room.show_all(!room.all().get_untracked()); }>
                    {move || room.word(if room.all().get() { ExamWord::ShowOne } else { ExamWord::ShowAll })}
                </a>
            </p>
            {keys::help(room)}
        </aside>
    })
}

fn answered(room: Room, block: &BlockWire) -> u32 {
    let first = index_of(block.first);
    let last = first + block.count as usize;
    room.cells().with_value(|cells| {
        let done = cells.get(first..last).unwrap_or_default().iter().filter(|cell| cell.chosen.get() != 0).count();
        u32::try_from(done).unwrap_or(0)
    })
}

/// `23 / 60`
fn answered_of(room: Room, block: &BlockWire) -> String {
    [answered(room, block).to_string().as_str(), " / ", &block.count.to_string()].concat()
}

fn block_view(room: Room, block: BlockWire) -> impl IntoView + use<> {
    let cells = (block.first..block.first + block.count).map(|position| cell_view(room, position)).collect_view();
    let title = block.title.clone();
    let head = move || {
        let open = block.count - answered(room, &block);
        let open = if open == 0 { String::new() } else { room.word_with(ExamWord::Unanswered, &open.to_string()) };
        [answered_of(room, &block).as_str(), &open].concat()
    };
    seam(view! {
        <h2>{title}" "<span class="num">{head}</span></h2>
        <ol class="cells">{cells}</ol>
    })
}

fn cell_view(room: Room, position: u32) -> impl IntoView + use<> {
    let cell = room.cell(index_of(position));
    let class = move || {
        [
            if cell.chosen.get() == 0 { "cell" } else { "cell done" },
            if room.current().get() == position { " now" } else { "" },
            if cell.flagged.get() { " flag" } else { "" },
            if cell.waiting.get() { " wait" } else { "" },
        ]
        .concat()
    };
    let label = move || {
        let mut label = position.to_string();
        label += &room.word(if cell.chosen.get() == 0 { ExamWord::CellUnanswered } else { ExamWord::CellAnswered });
        if cell.flagged.get() {
            label += &room.word(ExamWord::CellFlagged);
        }
        if cell.waiting.get() {
            label += &room.word(ExamWord::CellWaiting);
        }
        label
    };
    seam(view! {
        <li>
            <a href=move || room.address(position) class=class aria-label=label
                aria-current=move || (room.current().get() == position).then_some("true")
                on:click=move |event| { event.prevent_default(); room.go_to(position); }>{position}</a>
        </li>
    })
}

fn legend(room: Room) -> impl IntoView + use<> {
    let rows = [
        ("cell done", ExamWord::LegendAnswered),
        ("cell", ExamWord::LegendUnanswered),
        ("cell now", ExamWord::LegendCurrent),
        ("cell flag", ExamWord::LegendFlagged),
        ("cell wait", ExamWord::LegendWaiting),
    ];
    seam(view! {
        <ul class="legend">
            {rows.map(|(class, word)| view! { <li><i class=class aria-hidden="true"></i>{room.word(word)}</li> }).into_iter().collect_view()}
        </ul>
    })
}
