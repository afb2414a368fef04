-- What stands for a question, in one tree: the rowid's tree beside the key's made every save write two.
CREATE TABLE response_by_key (
  session_id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  response TEXT NOT NULL,
  flagged INTEGER NOT NULL,
  clock_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT response_pk PRIMARY KEY (session_id, sitting_id, position),
  CONSTRAINT response_sitting_fk FOREIGN KEY (session_id, sitting_id) REFERENCES sitting (session_id, id),
  CONSTRAINT response_flagged_ck CHECK (flagged IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO response_by_key SELECT session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash
  FROM response ORDER BY session_id, sitting_id, position;
DROP TABLE response;
ALTER TABLE response_by_key RENAME TO response;

-- Every change that was ever saved, in the order of the commits: one row for each session of each group.
CREATE TABLE answer_log (
  session_id TEXT NOT NULL,
  writer TEXT NOT NULL,
  group_no INTEGER NOT NULL,
  changes TEXT NOT NULL,
  CONSTRAINT answer_log_pk PRIMARY KEY (session_id, writer, group_no),
  CONSTRAINT answer_log_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id)
) STRICT;
CREATE TRIGGER answer_log_no_update BEFORE UPDATE ON answer_log BEGIN SELECT RAISE(ABORT, 'the answer log is append-only'); END;
CREATE TRIGGER answer_log_no_delete BEFORE DELETE ON answer_log BEGIN SELECT RAISE(ABORT, 'the answer log is append-only'); END;

-- What was saved before there was a log stands in its first group.
INSERT INTO answer_log
  SELECT session_id, '', 1, json_group_array(json_array(sitting_id, position, seq, epoch, response,
    json(iif(flagged, 'true', 'false')), clock_ms, at_ms))
  FROM response GROUP BY session_id;
