-- A room that stands still, and the ledger's cause for it.

ALTER TABLE ledger DROP CONSTRAINT ledger_cause_ck;
ALTER TABLE ledger ADD CONSTRAINT ledger_cause_ck CHECK (cause IN ('duration', 'accommodation', 'extension', 'pause'));

CREATE TABLE room_pause (
  session_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  reason TEXT NOT NULL,
  paused_by TEXT NOT NULL,
  since_clock_ms BIGINT NOT NULL,
  since_at_ms BIGINT NOT NULL,
  ended_by TEXT,
  until_clock_ms BIGINT,
  until_at_ms BIGINT,
  CONSTRAINT room_pause_pk PRIMARY KEY (session_id, room_id, number),
  CONSTRAINT room_pause_room_fk FOREIGN KEY (session_id, room_id) REFERENCES room (session_id, id),
  CONSTRAINT room_pause_end_ck CHECK ((until_clock_ms IS NULL) = (ended_by IS NULL) AND (until_clock_ms IS NULL) = (until_at_ms IS NULL)),
  CONSTRAINT room_pause_length_ck CHECK (until_clock_ms >= since_clock_ms)
);
-- A room stands still once at a time.
CREATE UNIQUE INDEX room_pause_open_ix ON room_pause (session_id, room_id) WHERE until_clock_ms IS NULL;
