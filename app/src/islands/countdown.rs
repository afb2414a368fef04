//! The waiting page 候考: counts down, and turns by itself when the room opens.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Words, clock_text, seam, seconds_up, web, word_list};

const POLL_MS: u32 = 3_000;

word_list! {
    /// What the waiting page says.
    CountdownWord { UntilBegin, UntilStart, Begins, Offline, }
}

/// What `GET /waiting/state` says.
#[derive(Debug, serde::Deserialize)]
struct State {
    /// Where to go now.
    go: Option<String>,
    /// Until this candidate's clock starts, once the room is open.
    #[serde(default)]
    starts_in_ms: Option<i64>,
}

#[island]
pub fn Countdown(begins_in_ms: i64, starts_in_ms: Option<i64>, words: Words) -> impl IntoView {
    let words = StoredValue::new(words);
    let word = move |word: CountdownWord| words.with_value(|words| words.at(word as usize));
    let open = RwSignal::new(starts_in_ms.is_some());
    let left = RwSignal::new(seconds_up(starts_in_ms.unwrap_or(begins_in_ms)));
    let offline = RwSignal::new(false);
    // What was left, and when that was said.
    let base = StoredValue::new((starts_in_ms.unwrap_or(begins_in_ms), 0.0));
    Effect::new(move || {
        set_interval(move || left.set(left_s(base.get_value())), Duration::from_millis(250));
        poll(base, open, offline);
    });
    seam(view! {
        <div class="countdown">
            <p class="muted">{move || word(if open.get() { CountdownWord::UntilStart } else { CountdownWord::UntilBegin })}</p>
            <p class="big num" role="timer" aria-live="off">{move || clock_text(left.get())}</p>
            <p role="status" class:bad=move || offline.get()>
                {move || {
                    if offline.get() {
                        word(CountdownWord::Offline)
                    } else if left.get() == 0 {
                        word(CountdownWord::Begins)
                    } else {
                        String::new()
                    }
                }}
            </p>
        </div>
    })
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since the page was made")]
fn left_s((ms, at_ms): (i64, f64)) -> i64 {
    seconds_up(ms - (web::now_ms() - at_ms) as i64)
}

fn poll(base: StoredValue<(i64, f64)>, open: RwSignal<bool>, offline: RwSignal<bool>) {
    spawn_local(async move {
        let state =
            web::get("/waiting/state", 4000).await.and_then(|reply| serde_json::from_str::<State>(&reply.text).ok());
        offline.set(state.is_none());
        if let Some(state) = state {
            if let Some(ms) = state.starts_in_ms {
                open.set(true);
                base.set_value((ms, web::now_ms()));
            }
            if let Some(href) = state.go {
                web::go(&href);
                return;
            }
        }
        web::after(web::jittered(POLL_MS), move || poll(base, open, offline));
    });
}
