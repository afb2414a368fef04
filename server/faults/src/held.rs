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
const DROPPED: (&str, &str) = ("server/simulator/src/network.rs", "Fault::Dropped");
const DOUBLED: (&str, &str) = ("server/simulator/src/network.rs", "Fault::Doubled");
const DELAYED: (&str, &str) = ("server/simulator/src/network.rs", "weather.delay");

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
        &[SIMULATED, ("end2end/recovery.test.mjs", "one goes on answering, and everything drains afterwards")],
        "the browser is not offline for 40 min",
    ),
    row(
        8,
        "offline until after the end",
        &[SIMULATED, ("server/tests/it/time.rs", "what_comes_after_the_end_is_kept_and_never_scored")],
        "the decision by two people",
    ),
    row(9, "packets lost, jitter", &[DROPPED, DELAYED], ""),
    row(10, "requests doubled", &[DOUBLED], ""),
    row(
        11,
        "an older change arrives after a newer one",
        &[DELAYED, ("server/tests/it/answer.rs", "the_highest_sequence_stands_and_the_page_is_told")],
        "",
    ),
    row(
        12,
        "reply lost, page reloaded, resent",
        &[DROPPED, ("end2end/recovery.test.mjs", "an answer given a moment before the reload is not lost")],
        "",
    ),
    row(
        13,
        "the PC dies; the candidate moves",
        &[
            ("server/simulator/src/lib.rs", "moves to the spare machine"),
            ("server/tests/it/login.rs", "a_move_takes_every_answer_along_and_leaves_the_old_machine_none"),
        ],
        "not in a browser",
    ),
    row(
        14,
        "one candidate in two browsers or tabs",
        &[
            ("server/simulator/src/lib.rs", "another tab"),
            ("server/tests/it/login.rs", "of_two_logins_at_once_one_writes"),
        ],
        "not in a browser",
    ),
    row(
        16,
        "client clock wrong, stopped",
        &[("server/simulator/src/client.rs", "gone_ms * self.pace")],
        "only clocks that run too fast or too slow, and not in a browser",
    ),
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
        &[
            ("server/simulator/src/people.rs", "What::Grant"),
            ("server/tests/it/gap.rs", "a_grant_is_live_for_a_page_that_is_offline_too"),
        ],
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
    row(
        26,
        "the room's switch dies",
        &[
            ("server/simulator/src/faults.rs", "Fault::RoomCut"),
            ("server/tests/it/gap.rs", "thirty_that_were_silent_together_are_one_grant_for_the_room"),
        ],
        "not in a browser",
    ),
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
