/** What was wrong and since when, what people said of it, what was told to whom; and sessions that ended before their time. */
export const alerts = `
CREATE TABLE alert(
  id INTEGER PRIMARY KEY,              -- one occurrence: what comes back later is another row
  key TEXT NOT NULL,                   -- of the cause
  kind TEXT NOT NULL,                  -- health, finding
  code TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, summary TEXT NOT NULL, subject TEXT,
  raised INTEGER NOT NULL, seen INTEGER NOT NULL,
  resolved INTEGER,                    -- absent: it is open
  told TEXT NOT NULL,                  -- JSON: what each channel was told last
  acknowledged TEXT                    -- JSON: who, when, with which note
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert(key) WHERE resolved IS NULL;
CREATE INDEX alert_resolved ON alert(resolved);
CREATE TABLE alert_mute(               -- of the cause, so that it also holds when the alert comes back
  key TEXT PRIMARY KEY, until INTEGER NOT NULL, time INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ended_session(id TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
ALTER TABLE finding ADD COLUMN severity TEXT NOT NULL DEFAULT 'info';
ALTER TABLE finding ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE finding ADD COLUMN affected INTEGER NOT NULL DEFAULT 0;
CREATE INDEX finding_seen ON finding(first_seen, id);
`;
