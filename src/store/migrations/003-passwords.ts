/**
 * State of password hash synchronization. Written by its channels only. No column ever holds a password in any form:
 * the queue names users, results name outcomes.
 */
export const passwords = `
CREATE TABLE password_channel(connector TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE password_domain(
  connector TEXT NOT NULL, naming_context TEXT NOT NULL,
  state TEXT NOT NULL,                 -- JSON: watermark, times, last error
  PRIMARY KEY(connector, naming_context)) STRICT, WITHOUT ROWID;
CREATE TABLE password_queue(
  connector TEXT NOT NULL, naming_context TEXT NOT NULL, object_guid TEXT NOT NULL,
  dn TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  attempt INTEGER NOT NULL, next_attempt INTEGER NOT NULL,
  PRIMARY KEY(connector, naming_context, object_guid)) STRICT, WITHOUT ROWID;
CREATE INDEX password_queue_kind ON password_queue(connector, naming_context, kind);
CREATE INDEX password_queue_due ON password_queue(connector, naming_context, object_guid) WHERE kind <> 'waiting';
CREATE TABLE password_result(
  id INTEGER PRIMARY KEY, connector TEXT NOT NULL, object_guid TEXT NOT NULL, time INTEGER NOT NULL,
  dn TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  source_anchor TEXT, detail TEXT, error_code TEXT, changed INTEGER) STRICT;
CREATE INDEX password_result_user ON password_result(object_guid, id);
CREATE INDEX password_result_time ON password_result(time);
`;
