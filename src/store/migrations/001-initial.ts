/**
 * The first schema. Attribute sets are canonical JSON text (model/value.ts). References are edges between
 * connector-space objects; a target that was not imported is a placeholder row, so that an edge is three integers.
 */
export const initial = `
CREATE TABLE connector(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL) STRICT;
CREATE TABLE partition(
  id INTEGER PRIMARY KEY, connector INTEGER NOT NULL, name TEXT NOT NULL,
  watermark TEXT, watermark_time INTEGER, last_full_import INTEGER, last_delta_import INTEGER,
  settings TEXT,                       -- scope and attribute list the watermark is good for
  UNIQUE(connector, name)) STRICT;
CREATE TABLE attribute(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE rule(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;   -- rule identities, interned

CREATE TABLE cs_object(
  id INTEGER PRIMARY KEY, connector INTEGER NOT NULL, partition INTEGER,
  anchor TEXT,                         -- absent: not created yet, or a placeholder known by its DN only
  dn TEXT NOT NULL, dn_key TEXT NOT NULL,
  object_type TEXT,                    -- absent: placeholder
  attributes TEXT                      -- as last imported; absent: never imported
) STRICT;
CREATE UNIQUE INDEX cs_object_anchor ON cs_object(connector, anchor) WHERE anchor IS NOT NULL;
CREATE INDEX cs_object_dn ON cs_object(connector, dn_key);
CREATE INDEX cs_object_type ON cs_object(connector, object_type);
CREATE TABLE cs_pending_import(
  cs INTEGER PRIMARY KEY, kind TEXT NOT NULL, previous TEXT, run INTEGER NOT NULL) STRICT;
CREATE TABLE cs_key(
  connector INTEGER NOT NULL, attribute INTEGER NOT NULL, value TEXT NOT NULL, cs INTEGER NOT NULL,
  PRIMARY KEY(connector, attribute, value, cs)) STRICT, WITHOUT ROWID;
CREATE TABLE cs_reference(
  cs INTEGER NOT NULL, attribute INTEGER NOT NULL, target INTEGER NOT NULL,
  PRIMARY KEY(cs, attribute, target)) STRICT, WITHOUT ROWID;
CREATE INDEX cs_reference_target ON cs_reference(target, attribute, cs);
CREATE TABLE cs_reference_count(
  cs INTEGER NOT NULL, attribute INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(cs, attribute)) STRICT, WITHOUT ROWID;
CREATE TABLE cs_reference_change(     -- edges that changed and were not synchronized yet
  cs INTEGER NOT NULL, attribute INTEGER NOT NULL, target INTEGER NOT NULL,
  PRIMARY KEY(cs, attribute, target)) STRICT, WITHOUT ROWID;

CREATE TABLE mv_object(
  id INTEGER PRIMARY KEY, type TEXT NOT NULL, attributes TEXT NOT NULL, provenance TEXT NOT NULL) STRICT;
CREATE TABLE mv_key(
  attribute INTEGER NOT NULL, value TEXT NOT NULL, mv INTEGER NOT NULL,
  PRIMARY KEY(attribute, value, mv)) STRICT, WITHOUT ROWID;
CREATE TABLE mv_dirty(mv INTEGER PRIMARY KEY) STRICT;
CREATE TABLE link(
  cs INTEGER PRIMARY KEY, mv INTEGER NOT NULL, connector INTEGER NOT NULL,
  origin TEXT NOT NULL,                -- join | projection | outbound-join | provision
  rule INTEGER NOT NULL, time INTEGER NOT NULL,
  owned INTEGER NOT NULL DEFAULT 0     -- was in scope of an outbound Provision rule: deleted when it leaves scope
) STRICT;
CREATE UNIQUE INDEX link_mv ON link(mv, connector);

CREATE TABLE cs_export(
  cs INTEGER PRIMARY KEY, connector INTEGER NOT NULL, operation TEXT NOT NULL, attributes TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,    -- 0 unapplied, 1 escrowed (handed over, outcome unknown)
  attempt INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL) STRICT;
CREATE INDEX cs_export_connector ON cs_export(connector, operation, cs);
CREATE TABLE cs_unconfirmed(
  cs INTEGER PRIMARY KEY, connector INTEGER NOT NULL, attributes TEXT NOT NULL, run INTEGER NOT NULL) STRICT;
CREATE INDEX cs_unconfirmed_connector ON cs_unconfirmed(connector, run);
CREATE TABLE cs_given(cs INTEGER PRIMARY KEY, attributes TEXT NOT NULL) STRICT;   -- what merging flows gave a target object
CREATE TABLE reference_flow(          -- which edges of which source become which edges of the target object
  cs INTEGER NOT NULL, attribute INTEGER NOT NULL, connector INTEGER NOT NULL,
  source INTEGER, source_attribute INTEGER,
  PRIMARY KEY(cs, attribute)) STRICT, WITHOUT ROWID;
CREATE INDEX reference_flow_source ON reference_flow(source, source_attribute);
CREATE TABLE cs_export_reference(
  cs INTEGER NOT NULL, attribute INTEGER NOT NULL, target INTEGER NOT NULL,
  change INTEGER NOT NULL,             -- 1 add, -1 remove
  state INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(cs, attribute, target)) STRICT, WITHOUT ROWID;
CREATE INDEX cs_export_reference_target ON cs_export_reference(target);
CREATE TABLE cs_unconfirmed_reference(
  cs INTEGER NOT NULL, attribute INTEGER NOT NULL, target INTEGER NOT NULL, change INTEGER NOT NULL, run INTEGER NOT NULL,
  PRIMARY KEY(cs, attribute, target)) STRICT, WITHOUT ROWID;

CREATE TABLE object_error(
  cs INTEGER NOT NULL, phase TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,   -- detail: JSON
  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, count INTEGER NOT NULL, run INTEGER NOT NULL,
  PRIMARY KEY(cs, phase)) STRICT, WITHOUT ROWID;
CREATE TABLE run(
  id INTEGER PRIMARY KEY, cycle INTEGER, connector INTEGER, profile TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER,
  status TEXT NOT NULL, server TEXT, counters TEXT NOT NULL, error TEXT) STRICT;
CREATE INDEX run_cycle ON run(cycle);
CREATE TABLE run_object(              -- the objects behind a counter
  run INTEGER NOT NULL, counter TEXT NOT NULL, cs INTEGER NOT NULL, detail TEXT,
  PRIMARY KEY(run, counter, cs)) STRICT, WITHOUT ROWID;
CREATE TABLE journal(
  id INTEGER PRIMARY KEY, time INTEGER NOT NULL, run INTEGER, kind TEXT NOT NULL, cs INTEGER, mv INTEGER, detail TEXT NOT NULL) STRICT;
CREATE INDEX journal_mv ON journal(mv) WHERE mv IS NOT NULL;
CREATE INDEX journal_cs ON journal(cs) WHERE cs IS NOT NULL;
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
