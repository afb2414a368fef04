//! The rows of the table that other tests hold, and the rows that nothing holds yet.

/// A row that this program does not run.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub row: u32,
    pub fault: &'static str,
    /// Files of tests, and a name in each that must be there.
    pub places: &'static [(&'static str, &'static str)],
    /// What is not shown.
    pub missing: &'static str,
}

const SIMULATED: (&str, &str) = ("server/simulator/src/faults.rs", "Fault::Cut");
const NETWORK: (&str, &str) = ("server/simulator/src/network.rs", "Fault::");

const fn row(
    row: u32,
    fault: &'static str,
    places: &'static [(&'static str, &'static str)],
    missing: &'static str,
) -> Held {
    Held { row, fault, places, missing }
}

/// All of them, by number.
pub const HELD: [Held; 15] = [
    row(
        7,
        "client offline 10 s, 5 min, 40 min",
        &[SIMULATED, ("end2end/recovery.test.mjs", "offline")],
        "the browser is not offline for 40 min",
    ),
    row(
        8,
        "offline until after the end",
        &[SIMULATED, ("server/tests/it/time.rs", "what_comes_after_the_end_is_kept_and_never_scored")],
        "the decision by two people",
    ),
    row(9, "packets lost, jitter", &[NETWORK], ""),
    row(10, "requests doubled", &[NETWORK], ""),
    row(
        11,
        "an older change arrives after a newer one",
        &[NETWORK, ("server/tests/it/answer.rs", "the_highest_sequence_stands_and_the_page_is_told")],
        "",
    ),
    row(12, "reply lost, page reloaded, resent", &[NETWORK, ("end2end/recovery.test.mjs", "reload")], ""),
    row(
        13,
        "the PC dies; the candidate moves",
        &[("server/simulator/src/lib.rs", "moves to the spare machine")],
        "not in a browser",
    ),
    row(
        14,
        "one candidate in two browsers or tabs",
        &[("server/simulator/src/lib.rs", "another tab")],
        "not in a browser",
    ),
    row(16, "client clock wrong, stopped", &[("end2end/clock.test.mjs", "clock")], ""),
    row(
        18,
        "answer at closing −1 ms, 0, +1 ms, +30 s",
        &[
            ("server/tests/it/time.rs", "an_answer_counts_until_the_closing_millisecond_and_not_at_it"),
            ("server/simulator/src/lib.rs", "closing millisecond"),
        ],
        "",
    ),
    row(
        20,
        "extension while offline, at the last second, after hand-in",
        &[("server/simulator/src/people.rs", "grant")],
        "",
    ),
    row(
        22,
        "upgrade or restart during a session",
        &[],
        "the laws hold through a stop and a start (rows 1, 15); a stop is not refused while candidates write",
    ),
    row(
        24,
        "two servers on one PostgreSQL, processes of the real binary",
        &[
            ("server/tests/it/servers/processes.rs", "when_one_is_killed_everybody_goes_on_at_the_other"),
            ("server/tests/it/servers/processes.rs", "one_that_was_stopped_saves_nothing_that_was_ended_meanwhile"),
        ],
        "",
    ),
    row(25, "proctor's page open for 4 hours", &[], "nothing holds it yet"),
    row(26, "the room's switch dies", &[("server/simulator/src/faults.rs", "Fault::RoomCut")], "not in a browser"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_place_that_the_table_names_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for held in HELD {
            assert!(!held.places.is_empty() || !held.missing.is_empty(), "row {}", held.row);
            for (file, name) in held.places {
                let text = std::fs::read_to_string(root.join(file)).unwrap();
                assert!(text.contains(name), "row {}: {file} has no {name}", held.row);
            }
        }
    }
}
