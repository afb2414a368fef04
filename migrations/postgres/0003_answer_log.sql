-- Every change that was ever saved, in the order of the commits: one row for each session of each group.
CREATE TABLE answer_log (
  session_id TEXT NOT NULL,
  writer TEXT NOT NULL,
  group_no BIGINT NOT NULL,
  changes TEXT NOT NULL,
  CONSTRAINT answer_log_pk PRIMARY KEY (session_id, writer, group_no),
  CONSTRAINT answer_log_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id)
);
CREATE TRIGGER answer_log_no_update BEFORE UPDATE ON answer_log FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER answer_log_no_delete BEFORE DELETE ON answer_log FOR EACH ROW EXECUTE FUNCTION append_only();

-- What was saved before there was a log stands in its first group.
INSERT INTO answer_log
  SELECT session_id, '', 1, json_agg(json_build_array(sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms))::text
  FROM response GROUP BY session_id;
