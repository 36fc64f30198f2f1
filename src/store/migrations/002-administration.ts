/** What administrators did, what the configuration was when, and rules that are being written. */
export const administration = `
CREATE TABLE audit(                   -- a chain: every row's hash covers the row before it
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, how TEXT NOT NULL, action TEXT NOT NULL, subject TEXT,
  before TEXT, after TEXT, outcome TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE configuration_version(
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL, hash TEXT NOT NULL,
  content TEXT NOT NULL) STRICT;
CREATE TABLE draft(                   -- rule files that are not published yet
  name TEXT PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX object_error_seen ON object_error(last_seen, cs, phase);
CREATE INDEX run_kind ON run(connector, profile, id);
`;
