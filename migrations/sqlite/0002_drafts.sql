-- A session in preparation. Its id becomes the session's, so that one audit chain tells all of it. The roster holds ID
-- numbers and is sealed.
CREATE TABLE draft (
  id TEXT NOT NULL,
  plan TEXT NOT NULL,
  roster_sealed TEXT NOT NULL,
  candidates INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  CONSTRAINT draft_pk PRIMARY KEY (id),
  CONSTRAINT draft_account_fk FOREIGN KEY (created_by) REFERENCES account (id),
  CONSTRAINT draft_state_ck CHECK (state IN ('open', 'drawn'))
) STRICT;

-- What an officer gives to the secret. One for each account, two at most; the second of a session that does not count may
-- be the system's, which has no account.
CREATE TABLE draft_contribution (
  draft_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  account_id TEXT,
  by_system INTEGER NOT NULL,
  digest TEXT NOT NULL,
  sealed TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT draft_contribution_pk PRIMARY KEY (draft_id, number),
  CONSTRAINT draft_contribution_account_uq UNIQUE (draft_id, account_id),
  CONSTRAINT draft_contribution_draft_fk FOREIGN KEY (draft_id) REFERENCES draft (id),
  CONSTRAINT draft_contribution_account_fk FOREIGN KEY (account_id) REFERENCES account (id),
  CONSTRAINT draft_contribution_number_ck CHECK (number IN (1, 2)),
  CONSTRAINT draft_contribution_by_system_ck CHECK (by_system IN (0, 1)),
  CONSTRAINT draft_contribution_giver_ck CHECK (account_id IS NOT NULL OR by_system = 1)
) STRICT;

-- What the papers follow from, beside the blueprint and the engine of the session itself. The contributions are sealed and
-- opened after the exam.
CREATE TABLE session_evidence (
  session_id TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  roster TEXT NOT NULL,
  earlier TEXT NOT NULL,
  earlier_digest TEXT NOT NULL,
  clashes TEXT NOT NULL,
  contributions_sealed TEXT NOT NULL,
  CONSTRAINT session_evidence_pk PRIMARY KEY (session_id),
  CONSTRAINT session_evidence_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id)
) STRICT;

-- Papers for candidates who are added late, in the order of their use. A used one stays here as it was drawn; put in order
-- for its seat it stands in paper.
CREATE TABLE reserve (
  session_id TEXT NOT NULL,
  sitting_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  document TEXT NOT NULL,
  digest TEXT NOT NULL,
  conformance TEXT NOT NULL,
  late TEXT,
  used_by TEXT,
  used_at_ms INTEGER,
  CONSTRAINT reserve_pk PRIMARY KEY (session_id, sitting_id),
  CONSTRAINT reserve_number_uq UNIQUE (session_id, number),
  CONSTRAINT reserve_session_fk FOREIGN KEY (session_id) REFERENCES exam_session (id),
  CONSTRAINT reserve_used_ck CHECK ((late IS NULL) = (used_at_ms IS NULL) AND (late IS NULL) = (used_by IS NULL))
) STRICT;
