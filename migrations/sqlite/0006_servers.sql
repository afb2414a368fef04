-- Servers that share this database, each with its last sign of life in the database's own time.
CREATE TABLE server (
  id TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  beat_at_ms INTEGER NOT NULL,
  CONSTRAINT server_pk PRIMARY KEY (id)
) STRICT;

-- What the keys of every server must make of a fixed text: other keys could read nothing of what is sealed here.
CREATE TABLE key_check (
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  CONSTRAINT key_check_pk PRIMARY KEY (id),
  CONSTRAINT key_check_id_ck CHECK (id = 'vault')
) STRICT;
