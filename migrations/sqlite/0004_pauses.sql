-- A room that stands still, and the ledger's cause for it. SQLite changes a CHECK only with the table: the rows go over as
-- they are, and the triggers go with the old table and come back with the new one.

ALTER TABLE ledger RENAME TO ledger_before;
CREATE TABLE ledger (
  session_id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  row_no INTEGER NOT NULL,
  grant_ms INTEGER NOT NULL,
  cause TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  approved_by TEXT,
  clock_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT ledger_pk PRIMARY KEY (session_id, sitting_id, row_no),
  CONSTRAINT ledger_sitting_fk FOREIGN KEY (session_id, sitting_id) REFERENCES sitting (session_id, id),
  CONSTRAINT ledger_grant_ck CHECK (grant_ms >= 0),
  CONSTRAINT ledger_cause_ck CHECK (cause IN ('duration', 'accommodation', 'extension', 'pause'))
) STRICT;
INSERT INTO ledger (session_id, sitting_id, row_no, grant_ms, cause, reason, actor, approved_by, clock_ms, at_ms, hash)
  SELECT session_id, sitting_id, row_no, grant_ms, cause, reason, actor, approved_by, clock_ms, at_ms, hash FROM ledger_before;
DROP TABLE ledger_before;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;

CREATE TABLE room_pause (
  session_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  reason TEXT NOT NULL,
  paused_by TEXT NOT NULL,
  since_clock_ms INTEGER NOT NULL,
  since_at_ms INTEGER NOT NULL,
  ended_by TEXT,
  until_clock_ms INTEGER,
  until_at_ms INTEGER,
  CONSTRAINT room_pause_pk PRIMARY KEY (session_id, room_id, number),
  CONSTRAINT room_pause_room_fk FOREIGN KEY (session_id, room_id) REFERENCES room (session_id, id),
  CONSTRAINT room_pause_end_ck CHECK ((until_clock_ms IS NULL) = (ended_by IS NULL) AND (until_clock_ms IS NULL) = (until_at_ms IS NULL)),
  CONSTRAINT room_pause_length_ck CHECK (until_clock_ms >= since_clock_ms)
) STRICT;
-- A room stands still once at a time.
CREATE UNIQUE INDEX room_pause_open_ix ON room_pause (session_id, room_id) WHERE until_clock_ms IS NULL;
