/** What a target did not take as it was asked, and what is in the way: not sent again before one of the two changes. */
export const obstacles = `
CREATE TABLE cs_obstacle(
  cs INTEGER NOT NULL,
  attribute TEXT NOT NULL,             -- empty: the whole export was refused
  connector INTEGER NOT NULL,
  asked TEXT NOT NULL,                 -- JSON value
  became TEXT NOT NULL,                -- JSON value that the target holds instead; null: none
  obstacle TEXT NOT NULL,              -- in the connector's own words
  told TEXT NOT NULL,                  -- JSON of what is reported of it
  PRIMARY KEY(cs, attribute)
) STRICT, WITHOUT ROWID;
CREATE INDEX cs_obstacle_connector ON cs_obstacle(connector, cs, attribute);
`;
