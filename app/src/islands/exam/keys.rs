//! The keyboard: letters and digits choose, arrows move, F or M flags, ? lists them all. It can be switched off, and it never
//! takes a key from someone who is typing.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::{ExamWord, room::Room};
use crate::islands::{seam, web};

const SWITCH: &str = "kaochang.keys";

pub(super) fn start(room: Room) {
    room.keys_on().set(web::stored(SWITCH).is_none_or(|kept| kept != "off"));
    _ = window_event_listener(leptos::ev::keydown, move |event| pressed(room, &event));
    _ = window_event_listener(leptos::ev::click, move |event| display(&event));
}

fn pressed(room: Room, event: &KeyboardEvent) {
    let key = event.key();
    if key == "Escape" && room.keys_open().get_untracked() {
        room.keys_open().set(false);
        return;
    }
    let elsewhere = event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing();
    if elsewhere || !room.keys_on().get_untracked() || room.lock().get_untracked().is_some() || is_typing(event) {
        return;
    }
    if act(room, &key) {
        event.prevent_default();
    }
}

/// Whether the key belongs to the field that has the focus.
fn is_typing(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return false };
    match target.tag_name().as_str() {
        "INPUT" => !matches!(target.unchecked_into::<HtmlInputElement>().type_().as_str(), "radio" | "checkbox"),
        "TEXTAREA" | "SELECT" => true,
        _ => false,
    }
}

/// Whether the key meant something.
fn act(room: Room, key: &str) -> bool {
    let current = room.current().get_untracked();
    let index = super::room::index_of(current);
    match key {
        "ArrowLeft" | "PageUp" => room.go_to(current.saturating_sub(1)),
        "ArrowRight" | "PageDown" => room.go_to(current + 1),
        "?" | "？" => room.keys_open().update(|open| *open = !*open),
        _ => {
            let mut bytes = key.bytes();
            let (Some(byte), None) = (bytes.next(), bytes.next()) else { return false };
            let upper = byte.to_ascii_uppercase();
            let option = match upper {
                b'A'..=b'F' => upper - b'A',
                b'1'..=b'6' => upper - b'1',
                b'M' => 6,
                _ => return false,
            };
            let options = room.paper().with_value(|paper| paper.items.get(index).map_or(0, |item| item.options.len()));
            let cell = room.cell(index);
            if usize::from(option) < options && upper != b'M' {
                room.choose(index, option, cell.chosen.get_untracked() & 1 << option == 0);
            } else if matches!(upper, b'F' | b'M') {
                room.set_flag(index, !cell.flagged.get_untracked());
            } else {
                return false;
            }
        }
    }
    true
}

/// Text size and theme change on the spot and are kept by the server in passing, so that nobody leaves the page for them.
fn display(event: &web_sys::MouseEvent) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Ok(Some(button)) = target.closest("button[name=text_size],button[name=theme]") else { return };
    let (Some(name), Some(value)) = (button.get_attribute("name"), button.get_attribute("value")) else { return };
    event.prevent_default();
    web::set_on_root(if name == "theme" { "data-theme" } else { "data-size" }, &value);
    for other in web::all_matching(&["button[name=", &name, "]"].concat()) {
        drop(other.set_attribute(
            "aria-pressed",
            if other == *button.unchecked_ref::<HtmlElement>() { "true" } else { "false" },
        ));
    }
    let body = [name.as_str(), "=", &value, "&back=%2Fexam"].concat();
    wasm_bindgen_futures::spawn_local(async move {
        drop(web::post_form("/display", &body, 4000).await);
    });
}

/// The list of keys, with the switch.
pub(super) fn help(room: Room) -> impl IntoView + use<> {
    seam(view! {
        <details class="keys only-live" prop:open=move || room.keys_open().get()
            on:toggle=move |event| {
                let list = event_target::<Element>(&event);
                room.keys_open().set(list.has_attribute("open"));
                if list.has_attribute("open") {
                    // It stands below the answer sheet, out of sight on a small screen.
                    list.scroll_into_view();
                }
            }>
            <summary>{room.word(ExamWord::KeysTitle)}</summary>
            <dl>
                <dt><kbd>"A–F"</kbd><kbd>"1–6"</kbd></dt><dd>{room.word(ExamWord::KeysChoose)}</dd>
                <dt><kbd>"←"</kbd><kbd>"→"</kbd></dt><dd>{room.word(ExamWord::KeysMove)}</dd>
                <dt><kbd>"F"</kbd><kbd>"M"</kbd></dt><dd>{room.word(ExamWord::KeysFlag)}</dd>
                <dt><kbd>"?"</kbd></dt><dd>{room.word(ExamWord::KeysHelp)}</dd>
                <dt><kbd>"Esc"</kbd></dt><dd>{room.word(ExamWord::KeysClose)}</dd>
            </dl>
            <label class="check">
                <input type="checkbox" prop:checked=move || room.keys_on().get() on:change=move |event| {
                    let on = event_target_checked(&event);
                    room.keys_on().set(on);
                    web::keep(SWITCH, if on { "on" } else { "off" });
                }/>
                <span>{room.word(ExamWord::KeysSwitch)}</span>
            </label>
        </details>
    })
}
