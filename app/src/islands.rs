//! Islands: what reaches the browser. They know no words (these come as props, made by the server from the locale files) and
//! no key; the browser's clock shows time and decides nothing.

pub mod countdown;
pub mod exam;
pub mod seat_map;

pub(crate) mod web;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The words of an island, by their place in its list: far smaller in wasm than a struct of named strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words(pub Vec<String>);

impl Words {
    pub(crate) fn at(&self, place: usize) -> String {
        self.0.get(place).cloned().unwrap_or_default()
    }

    /// A sentence with its number.
    pub(crate) fn with(&self, place: usize, number: &str) -> String {
        let text = self.at(place);
        match text.split_once('{') {
            Some((before, after)) => [before, number, after.split_once('}').map_or("", |(_, rest)| rest)].concat(),
            None => text,
        }
    }
}

/// The words of an island as an enum, so that the server can't forget one.
macro_rules! word_list {
    ($(#[$doc:meta])* $list:ident { $($word:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $list { $($word,)* }

        impl $list {
            /// Every word, in the order of [`crate::islands::Words`].
            pub const ALL: &[Self] = &[$(Self::$word,)*];
        }
    };
}
pub(crate) use word_list;

/// `1:12:46`, rounded up, never below nothing.
pub(crate) fn clock_text(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let two = |n: i64| if n < 10 { format!("0{n}") } else { n.to_string() };
    format!("{hours}:{}:{}", two(minutes), two(seconds))
}

/// The border of a part of an island. On the server its type is erased here, or the compiler meets its depth limit; in the
/// browser it stays, since erasing costs a third more wasm.
#[cfg(feature = "ssr")]
pub(crate) fn seam<V: IntoAny>(view: V) -> AnyView {
    view.into_any()
}

#[cfg(not(feature = "ssr"))]
pub(crate) fn seam<V: IntoView>(view: V) -> V {
    view
}

/// Whole seconds of a duration in milliseconds, rounded up: at 0 it is over.
pub(crate) const fn seconds_up(ms: i64) -> i64 {
    if ms <= 0 { 0 } else { (ms + 999) / 1000 }
}

/// Starts the islands of the page; `boot.js` calls it once, and then each island's own function.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use leptos::mount::hydrate_islands;

    hydrate_islands();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_takes_its_number() {
        let words = Words(vec!["✓ 已保存 {n}。".into(), "plain".into()]);
        assert_eq!(words.with(0, "10:17:14"), "✓ 已保存 10:17:14。");
        assert_eq!(words.with(1, "7"), "plain");
    }

    #[test]
    fn time_is_rounded_up_and_never_negative() {
        assert_eq!(clock_text(seconds_up(4_365_001)), "1:12:46");
        assert_eq!(clock_text(seconds_up(1)), "0:00:01");
        assert_eq!(clock_text(seconds_up(-5)), "0:00:00");
    }
}
