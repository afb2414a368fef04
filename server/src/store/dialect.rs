//! The statements that truly differ between the two databases: bulk writes and row locks.

use std::sync::LazyLock;

/// A statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Either {
    /// For `SQLite`.
    pub sqlite: &'static str,
    /// For `PostgreSQL`.
    pub postgres: &'static str,
}

/// A statement over many rows. On `SQLite` the values are bound, row by row, in one of [`ROWS`] at a time: a JSON document
/// would be parsed anew for each of its values. On `PostgreSQL` there is one array for each column.
#[derive(Debug)]
pub struct Bulk {
    /// For `SQLite`, for each of [`ROWS`].
    pub sqlite: LazyLock<[&'static str; ROWS.len()]>,
    /// For `PostgreSQL`.
    pub postgres: &'static str,
}

/// In how many rows at a time a bulk statement is prepared on `SQLite`.
pub const ROWS: [usize; 10] = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1];

impl Bulk {
    /// All rows in parts, each with the statement for `SQLite` that takes as many.
    pub fn parts<'a, T>(&self, mut rows: &'a [T]) -> Vec<(&'static str, &'a [T])> {
        let mut parts = Vec::new();
        for (count, sql) in ROWS.into_iter().zip(*self.sqlite) {
            while let Some((part, rest)) = rows.split_at_checked(count) {
                parts.push((sql, part));
                rows = rest;
            }
        }
        parts
    }
}

/// `head (?, ?), (?, ?) tail`, for each of [`ROWS`]. The marks have no names: of each name that there is, the driver looks
/// through all.
fn of_rows(head: &str, columns: usize, tail: &str) -> [&'static str; ROWS.len()] {
    let row = format!("({})", vec!["?"; columns].join(", "));
    ROWS.map(|rows| -> &'static str { format!("{head}{}{tail}", vec![row.as_str(); rows].join(", ")).leak() })
}

/// Of the sittings named by session, sitting and epoch, those that this epoch may not write to (any more). The others are
/// held until the commit, so that nobody can close one of them in between; `SQLite` has but one writer anyway.
pub static UNWRITABLE_SITTINGS: Bulk = Bulk {
    sqlite: LazyLock::new(|| {
        of_rows(
            "SELECT w.column1, w.column2, w.column3 FROM (VALUES ",
            3,
            ") w LEFT JOIN sitting s ON s.session_id = w.column1 AND s.id = w.column2 \
                AND s.phase = 'writing' AND s.epoch = w.column3 WHERE s.id IS NULL",
        )
    }),
    postgres: "WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w (session_id, sitting_id, epoch)), \
        held AS (SELECT s.session_id, s.id, s.epoch FROM sitting s \
            JOIN wanted w ON s.session_id = w.session_id AND s.id = w.sitting_id AND s.epoch = w.epoch \
            WHERE s.phase = 'writing' FOR SHARE OF s) \
        SELECT w.session_id, w.sitting_id, w.epoch FROM wanted w \
        LEFT JOIN held h ON h.session_id = w.session_id AND h.id = w.sitting_id AND h.epoch = w.epoch WHERE h.id IS NULL",
};

/// Writes responses: the highest sequence of a position stands. A position must not occur twice in one call.
pub static SAVE_RESPONSES: Bulk = Bulk {
    sqlite: LazyLock::new(|| {
        of_rows(
            "INSERT INTO response (session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash) VALUES ",
            10,
            " ON CONFLICT (session_id, sitting_id, position) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, \
                response = excluded.response, flagged = excluded.flagged, clock_ms = excluded.clock_ms, \
                at_ms = excluded.at_ms, hash = excluded.hash \
            WHERE excluded.seq > response.seq",
        )
    }),
    postgres: "INSERT INTO response (session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash) \
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::boolean[], \
            $8::bigint[], $9::bigint[], $10::text[]) \
        ON CONFLICT (session_id, sitting_id, position) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, \
            response = excluded.response, flagged = excluded.flagged, clock_ms = excluded.clock_ms, at_ms = excluded.at_ms, \
            hash = excluded.hash \
        WHERE excluded.seq > response.seq",
};

/// The head of a chain, held until the commit: appends to one chain queue, `SQLite` has but one writer anyway.
pub const AUDIT_HEAD: Either = Either {
    sqlite: "SELECT row_no, hash FROM audit_head WHERE chain = $1",
    postgres: "SELECT row_no, hash FROM audit_head WHERE chain = $1 FOR UPDATE",
};

/// The head of a chain with the exam clock of the session that it is of, the head held until the commit.
pub const TURN: Either = Either {
    sqlite: "SELECT h.row_no, h.hash, s.clock_ms FROM audit_head h LEFT JOIN exam_session s ON s.id = h.chain WHERE h.chain = $1",
    postgres: "SELECT h.row_no, h.hash, s.clock_ms FROM audit_head h LEFT JOIN exam_session s ON s.id = h.chain WHERE h.chain = $1 \
        FOR UPDATE OF h",
};

/// A server's sign of life. The time is the database's: servers' clocks need not agree.
pub const BEAT: Either = Either {
    sqlite: "INSERT INTO server (id, started_at_ms, beat_at_ms) \
        SELECT $1, n.at_ms, n.at_ms FROM (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS at_ms) n WHERE true \
        ON CONFLICT (id) DO UPDATE SET beat_at_ms = excluded.beat_at_ms",
    postgres: "INSERT INTO server (id, started_at_ms, beat_at_ms) \
        SELECT $1, n.at_ms, n.at_ms FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at_ms) n WHERE true \
        ON CONFLICT (id) DO UPDATE SET beat_at_ms = excluded.beat_at_ms",
};

/// How many servers but `$1` gave a sign of life within the last `$2` milliseconds.
pub const OTHERS_ALIVE: Either = Either {
    sqlite: "SELECT COUNT(*) FROM server WHERE id <> $1 AND beat_at_ms > CAST(unixepoch('subsec') * 1000 AS INTEGER) - $2",
    postgres: "SELECT COUNT(*) FROM server WHERE id <> $1 \
        AND beat_at_ms > (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $2",
};

/// Sends the messages of `$2` (a JSON array of texts) to whoever listens on the channel `$1`, at the commit.
pub const TELL: Either = Either {
    sqlite: "SELECT $1, value FROM json_each($2) WHERE false",
    postgres: "SELECT pg_notify($1, m) FROM json_array_elements_text($2::json) m",
};

/// Of the rows `$1` (a JSON array of `[session, sitting, position, seq]`), the sittings where something newer stands.
pub const SUPERSEDED: Either = Either {
    sqlite: "SELECT DISTINCT r.session_id, r.sitting_id FROM json_each($1) j \
        JOIN response r ON r.session_id = j.value ->> 0 AND r.sitting_id = j.value ->> 1 AND r.position = j.value ->> 2 \
        WHERE r.seq > j.value ->> 3",
    postgres: "SELECT DISTINCT r.session_id, r.sitting_id FROM json_array_elements($1::json) j \
        JOIN response r ON r.session_id = j ->> 0 AND r.sitting_id = j ->> 1 AND r.position = (j ->> 2)::bigint \
        WHERE r.seq > (j ->> 3)::bigint",
};
