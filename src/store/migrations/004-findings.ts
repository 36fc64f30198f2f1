/** When findings were seen first and last. Only whoever runs the engine writes here; diagnosis itself reads. */
export const findings = `
CREATE TABLE finding(
  id TEXT PRIMARY KEY, code TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
  gone INTEGER                         -- when it was first not seen any more; absent: it is open
) STRICT, WITHOUT ROWID;
`;
