-- A faulty question that two people voided: it counts for nobody in its session. Nothing of it is ever taken back.
CREATE TABLE voided_question (
  session_id TEXT NOT NULL,
  question_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  reason TEXT NOT NULL,
  voided_by TEXT NOT NULL,
  confirmed_by TEXT NOT NULL,
  clock_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT voided_question_pk PRIMARY KEY (session_id, question_id, revision),
  CONSTRAINT voided_question_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id),
  CONSTRAINT voided_question_revision_fk FOREIGN KEY (question_id, revision) REFERENCES question_revision (question_id, revision),
  CONSTRAINT voided_question_two_ck CHECK (voided_by <> confirmed_by)
) STRICT;
CREATE TRIGGER voided_question_no_update BEFORE UPDATE ON voided_question BEGIN SELECT RAISE(ABORT, 'voided_question is append-only'); END;
CREATE TRIGGER voided_question_no_delete BEFORE DELETE ON voided_question BEGIN SELECT RAISE(ABORT, 'voided_question is append-only'); END;
