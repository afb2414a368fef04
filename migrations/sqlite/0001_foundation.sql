-- Portable subset: ids TEXT, instants INTEGER unix milliseconds (*_at_ms), exam clock INTEGER milliseconds (*_clock_ms),
-- booleans INTEGER 0/1, enums TEXT with a named CHECK, documents JSON as TEXT. Hot tables lead with the session's id.

CREATE TABLE standard (
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  document TEXT NOT NULL,
  loaded_at_ms INTEGER NOT NULL,
  CONSTRAINT standard_pk PRIMARY KEY (id)
) STRICT;

CREATE TABLE question_revision (
  question_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  standard_id TEXT NOT NULL,
  level TEXT NOT NULL,
  function_id TEXT NOT NULL,
  work_content TEXT NOT NULL,
  knowledge TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  public INTEGER NOT NULL,
  difficulty_permille INTEGER NOT NULL,
  document TEXT NOT NULL,
  commentary TEXT NOT NULL,
  digest TEXT NOT NULL,
  loaded_at_ms INTEGER NOT NULL,
  CONSTRAINT question_revision_pk PRIMARY KEY (question_id, revision),
  CONSTRAINT question_revision_standard_fk FOREIGN KEY (standard_id) REFERENCES standard (id),
  CONSTRAINT question_revision_revision_ck CHECK (revision >= 1),
  CONSTRAINT question_revision_kind_ck CHECK (kind IN ('true-false', 'single', 'multiple')),
  CONSTRAINT question_revision_status_ck CHECK (status IN ('draft', 'in-review', 'approved', 'retired')),
  CONSTRAINT question_revision_public_ck CHECK (public IN (0, 1))
) STRICT;
CREATE INDEX question_revision_cell_ix ON question_revision (standard_id, level, function_id, status);

-- The key lives apart from the question's text: nothing that reads questions for a page can bring it along by accident.
CREATE TABLE question_key (
  question_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  key_record TEXT NOT NULL,
  CONSTRAINT question_key_pk PRIMARY KEY (question_id, revision),
  CONSTRAINT question_key_revision_fk FOREIGN KEY (question_id, revision) REFERENCES question_revision (question_id, revision)
) STRICT;

CREATE TABLE account (
  id TEXT NOT NULL,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  CONSTRAINT account_pk PRIMARY KEY (id),
  CONSTRAINT account_login_uq UNIQUE (login),
  CONSTRAINT account_role_ck CHECK (role IN ('proctor', 'author', 'office'))
) STRICT;

CREATE TABLE staff_login (
  token_hash TEXT NOT NULL,
  account_id TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  CONSTRAINT staff_login_pk PRIMARY KEY (token_hash),
  CONSTRAINT staff_login_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT;

CREATE TABLE exam_session (
  id TEXT NOT NULL,
  title TEXT NOT NULL,
  standard_id TEXT NOT NULL,
  level TEXT NOT NULL,
  direction TEXT,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL,
  terms TEXT NOT NULL,
  blueprint TEXT NOT NULL,
  begins_at_ms INTEGER NOT NULL,
  login_from_at_ms INTEGER NOT NULL,
  clock_ms INTEGER NOT NULL,
  clock_at_ms INTEGER NOT NULL,
  secret TEXT NOT NULL,
  snapshot_digest TEXT NOT NULL,
  blueprint_digest TEXT NOT NULL,
  roster_digest TEXT NOT NULL,
  engine TEXT NOT NULL,
  commitment TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  CONSTRAINT exam_session_pk PRIMARY KEY (id),
  CONSTRAINT exam_session_standard_fk FOREIGN KEY (standard_id) REFERENCES standard (id),
  CONSTRAINT exam_session_purpose_ck CHECK (purpose IN ('exam', 'mock', 'rehearsal')),
  CONSTRAINT exam_session_state_ck CHECK (state IN ('ready', 'running', 'finished'))
) STRICT;

CREATE TABLE room (
  session_id TEXT NOT NULL,
  id TEXT NOT NULL,
  number INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  state TEXT NOT NULL,
  opened_clock_ms INTEGER,
  opened_at_ms INTEGER,
  ended_at_ms INTEGER,
  CONSTRAINT room_pk PRIMARY KEY (session_id, id),
  CONSTRAINT room_number_uq UNIQUE (session_id, number),
  CONSTRAINT room_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id),
  CONSTRAINT room_state_ck CHECK (state IN ('preparing', 'open', 'ended'))
) STRICT;

CREATE TABLE seat (
  session_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  code TEXT NOT NULL,
  token_hash TEXT,
  enrolled_at_ms INTEGER,
  CONSTRAINT seat_pk PRIMARY KEY (session_id, room_id, number),
  CONSTRAINT seat_code_uq UNIQUE (code),
  CONSTRAINT seat_room_fk FOREIGN KEY (session_id, room_id) REFERENCES room (session_id, id)
) STRICT;

CREATE TABLE proctor_presence (
  session_id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  in_at_ms INTEGER NOT NULL,
  out_at_ms INTEGER,
  CONSTRAINT proctor_presence_pk PRIMARY KEY (session_id, room_id, account_id, in_at_ms),
  CONSTRAINT proctor_presence_room_fk FOREIGN KEY (session_id, room_id) REFERENCES room (session_id, id),
  CONSTRAINT proctor_presence_account_fk FOREIGN KEY (account_id) REFERENCES account (id)
) STRICT;

CREATE TABLE sitting (
  session_id TEXT NOT NULL,
  id TEXT NOT NULL,
  room_id TEXT NOT NULL,
  seat INTEGER NOT NULL,
  admission_no TEXT NOT NULL,
  name TEXT NOT NULL,
  id_masked TEXT NOT NULL,
  id_sealed TEXT NOT NULL,
  id_index TEXT NOT NULL,
  phase TEXT NOT NULL,
  confirmed INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  started_clock_ms INTEGER,
  started_at_ms INTEGER,
  closed_by TEXT,
  closed_clock_ms INTEGER,
  closed_at_ms INTEGER,
  responses_digest TEXT,
  CONSTRAINT sitting_pk PRIMARY KEY (session_id, id),
  CONSTRAINT sitting_admission_uq UNIQUE (session_id, admission_no),
  CONSTRAINT sitting_seat_uq UNIQUE (session_id, room_id, seat),
  CONSTRAINT sitting_room_fk FOREIGN KEY (session_id, room_id) REFERENCES room (session_id, id),
  CONSTRAINT sitting_phase_ck CHECK (phase IN ('expected', 'present', 'writing', 'closed', 'absent')),
  CONSTRAINT sitting_confirmed_ck CHECK (confirmed IN (0, 1)),
  CONSTRAINT sitting_accepted_ck CHECK (accepted IN (0, 1)),
  CONSTRAINT sitting_closed_by_ck CHECK (closed_by IN ('candidate', 'clock', 'proctor')),
  CONSTRAINT sitting_started_ck CHECK (phase NOT IN ('writing', 'closed') OR started_clock_ms IS NOT NULL),
  CONSTRAINT sitting_closed_ck CHECK ((phase = 'closed') = (closed_by IS NOT NULL AND closed_clock_ms IS NOT NULL))
) STRICT;

CREATE TABLE sitting_login (
  token_hash TEXT NOT NULL,
  session_id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT sitting_login_pk PRIMARY KEY (token_hash),
  CONSTRAINT sitting_login_epoch_uq UNIQUE (session_id, sitting_id, epoch),
  CONSTRAINT sitting_login_sitting_fk FOREIGN KEY (session_id, sitting_id) REFERENCES sitting (session_id, id)
) STRICT;

CREATE TABLE paper (
  session_id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  document TEXT NOT NULL,
  digest TEXT NOT NULL,
  conformance TEXT NOT NULL,
  CONSTRAINT paper_pk PRIMARY KEY (session_id, sitting_id),
  CONSTRAINT paper_sitting_fk FOREIGN KEY (session_id, sitting_id) REFERENCES sitting (session_id, id)
) STRICT;

CREATE TABLE response (
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
) STRICT;

-- What came after the close: kept, unscored.
CREATE TABLE quarantine (
  session_id TEXT NOT NULL,
  id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  clock_ms INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  changes TEXT NOT NULL,
  CONSTRAINT quarantine_pk PRIMARY KEY (session_id, id),
  CONSTRAINT quarantine_sitting_fk FOREIGN KEY (session_id, sitting_id) REFERENCES sitting (session_id, id)
) STRICT;

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
  CONSTRAINT ledger_cause_ck CHECK (cause IN ('duration', 'accommodation', 'extension'))
) STRICT;

CREATE TABLE outage (
  session_id TEXT NOT NULL,
  down_at_ms INTEGER NOT NULL,
  up_at_ms INTEGER NOT NULL,
  clock_ms INTEGER NOT NULL,
  CONSTRAINT outage_pk PRIMARY KEY (session_id, down_at_ms, up_at_ms),
  CONSTRAINT outage_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id)
) STRICT;

CREATE TABLE score (
  session_id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  total_milli INTEGER NOT NULL,
  max_milli INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  by_function TEXT NOT NULL,
  marks TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT score_pk PRIMARY KEY (session_id, sitting_id, version),
  CONSTRAINT score_sitting_fk FOREIGN KEY (session_id, sitting_id) REFERENCES sitting (session_id, id),
  CONSTRAINT score_passed_ck CHECK (passed IN (0, 1))
) STRICT;

CREATE TABLE audit (
  chain TEXT NOT NULL,
  row_no INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT audit_pk PRIMARY KEY (chain, row_no)
) STRICT;
CREATE INDEX audit_subject_ix ON audit (chain, subject);

CREATE TABLE audit_head (
  chain TEXT NOT NULL,
  row_no INTEGER NOT NULL,
  hash TEXT NOT NULL,
  CONSTRAINT audit_head_pk PRIMARY KEY (chain)
) STRICT;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END;
