/** The tenant's database, step by step. Forward only: a step that has left the house never changes. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- One row an object, live or in the recycle bin. body is what Graph shows, shadow what the engine sent.
  CREATE TABLE object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: the link log names objects by it
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    sync INTEGER,                 -- onPremisesSyncEnabled: 1, 0 or null
    anchor TEXT,                  -- source anchor = immutableId
    deleted_at INTEGER,           -- ms since 1970; null while live
    change INTEGER NOT NULL,      -- last change of anything but links, which have a log of their own
    created_change INTEGER NOT NULL,
    body TEXT NOT NULL,
    shadow TEXT,
    internal TEXT
  );
  CREATE INDEX object_by_kind ON object (kind, deleted_at);
  CREATE INDEX object_by_anchor ON object (anchor, kind) WHERE anchor IS NOT NULL;
  CREATE INDEX object_by_change ON object (change);

  -- Every value objects are looked up by; only of live objects. property numbers are in properties.ts.
  CREATE TABLE lookup (
    property INTEGER NOT NULL,
    value TEXT NOT NULL,          -- folded
    object INTEGER NOT NULL,
    PRIMARY KEY (property, value, object)
  ) WITHOUT ROWID;

  CREATE TABLE link (
    source INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    target INTEGER NOT NULL,
    PRIMARY KEY (source, kind, target)
  ) WITHOUT ROWID;
  CREATE INDEX link_by_target ON link (target, kind, source);

  -- A log whose rows never move: a reader that pages through it misses nothing, whatever is written meanwhile.
  CREATE TABLE link_change (
    change INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    target TEXT NOT NULL,         -- cloud anchor, because the target may be gone when it is read
    added INTEGER NOT NULL
  );

  -- What is gone for good, for delta readers. Rows of the object table are removed.
  CREATE TABLE tombstone (
    change INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    anchor TEXT,
    was_synced INTEGER NOT NULL,
    at INTEGER NOT NULL
  );
  `,
  `
  -- Which properties a change was about, for delta readers that want nothing else. A creation has no row.
  CREATE TABLE object_change (
    object INTEGER NOT NULL,
    change INTEGER NOT NULL,
    names TEXT NOT NULL,          -- separated by commas
    PRIMARY KEY (object, change)
  ) WITHOUT ROWID;
  `,
  `
  -- Directory extensions that synchronization has filled, in lower case: a tenant takes so many only.
  CREATE TABLE synced_extension (name TEXT PRIMARY KEY) WITHOUT ROWID;

  -- What people without an administrator role made: each may make so much only. What is gone counts a while longer.
  CREATE TABLE creation (id TEXT PRIMARY KEY, creator TEXT NOT NULL, gone_at INTEGER) WITHOUT ROWID;
  CREATE INDEX creation_by_creator ON creation (creator);

  -- Mail that the tenant would have sent. A conflict is told of once.
  CREATE TABLE mail (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    conflict TEXT NOT NULL,       -- object, property and value
    recipients TEXT NOT NULL,     -- JSON list of addresses
    subject TEXT NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX mail_by_conflict ON mail (conflict);

  -- Photos written through Graph; null bytes are a photo of the directory that was taken away. Without a row the
  -- photo of the directory shows.
  CREATE TABLE photo (
    object INTEGER PRIMARY KEY,
    bytes BLOB
  );
  `,
  `
  -- Directory extensions that apps defined, and those that came with values from synchronization or a seed.
  CREATE TABLE extension_definition (
    name TEXT PRIMARY KEY,        -- in lower case
    id TEXT NOT NULL UNIQUE,
    shown TEXT NOT NULL,
    data_type TEXT NOT NULL,
    multi INTEGER NOT NULL,
    targets TEXT NOT NULL,        -- JSON list
    origin TEXT NOT NULL          -- app, sync or seed
  ) WITHOUT ROWID;
  -- Those that synchronization filled in earlier versions: what objects have them is not known, so all that can.
  INSERT INTO extension_definition
    SELECT name, lower(hex(randomblob(4))) || '-' || lower(hex(randomblob(2))) || '-4' || substr(lower(hex(randomblob(2))), 2)
      || '-8' || substr(lower(hex(randomblob(2))), 2) || '-' || lower(hex(randomblob(6))),
      name, 'String', 0, '["User","Group","Device"]', 'sync' FROM synced_extension;
  `,
];
