-- Which log on a second disk this database has, and the number of its last transaction there. One row, once there is a log.
CREATE TABLE log_position (
  log TEXT NOT NULL,
  number BIGINT NOT NULL,
  CONSTRAINT log_position_pk PRIMARY KEY (log)
);
