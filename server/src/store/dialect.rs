//! The statements that truly differ between the two databases: bulk writes and row locks.

/// A statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Either {
    /// For `SQLite`.
    pub sqlite: &'static str,
    /// For `PostgreSQL`.
    pub postgres: &'static str,
}

/// Of the sittings named by `$1` (a JSON array of `[session, sitting, epoch]`), those that this epoch may still write to.
/// Held until the commit, so that nobody can close one of them in between.
pub const WRITABLE_SITTINGS: Either = Either {
    sqlite: "SELECT s.session_id, s.id FROM json_each($1) j \
        JOIN sitting s ON s.session_id = j.value ->> 0 AND s.id = j.value ->> 1 \
        WHERE s.phase = 'writing' AND s.epoch = j.value ->> 2",
    postgres: "SELECT s.session_id, s.id FROM json_array_elements($1::json) j \
        JOIN sitting s ON s.session_id = j ->> 0 AND s.id = j ->> 1 \
        WHERE s.phase = 'writing' AND s.epoch = (j ->> 2)::bigint FOR SHARE OF s",
};

/// Writes the responses of `$1` (a JSON array of objects): the highest sequence of a position stands. A position must not
/// occur twice in one call.
pub const SAVE_RESPONSES: Either = Either {
    sqlite: "INSERT INTO response (session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash) \
        SELECT value ->> 'session_id', value ->> 'sitting_id', value ->> 'position', value ->> 'seq', value ->> 'epoch', \
            value ->> 'response', value ->> 'flagged', value ->> 'clock_ms', value ->> 'at_ms', value ->> 'hash' \
        FROM json_each($1) WHERE true \
        ON CONFLICT (session_id, sitting_id, position) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, \
            response = excluded.response, flagged = excluded.flagged, clock_ms = excluded.clock_ms, at_ms = excluded.at_ms, \
            hash = excluded.hash \
        WHERE excluded.seq > response.seq",
    postgres: "INSERT INTO response (session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash) \
        SELECT session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash \
        FROM json_to_recordset($1::json) AS r (session_id text, sitting_id text, position bigint, seq bigint, epoch bigint, \
            response text, flagged boolean, clock_ms bigint, at_ms bigint, hash text) \
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
