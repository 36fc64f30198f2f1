/** The engine's store: one SQLite file, its tables as typed functions, and transactions. */
import { type AdministrationTables, administrationTables } from './administration.ts';
import { type AlertTables, alertTables } from './alerts.ts';
import { type ConnectorSpaceTable, connectorSpaceTable } from './connector-space.ts';
import { type DiagnosisTables, diagnosisTables } from './diagnosis.ts';
import { type ExportTable, exportTable } from './exports.ts';
import { type FindingTable, findingTable } from './findings.ts';
import { type MetaverseTable, metaverseTable } from './metaverse.ts';
import { type NameTable, nameTable } from './names.ts';
import { type ObstacleTable, obstacleTable } from './obstacles.ts';
import { type PasswordTables, passwordTables } from './passwords.ts';
import { type RecordTables, recordTables } from './records.ts';
import { type ReferenceTable, referenceTable } from './references.ts';
import { type ReportTables, reportTables } from './reports.ts';
import { type SearchTable, searchTable } from './search.ts';
import { type Database, inTransaction, openDatabase } from './sqlite.ts';

export interface Store extends Disposable {
  readonly db: Database;
  readonly cs: ConnectorSpaceTable;
  readonly mv: MetaverseTable;
  readonly references: ReferenceTable;
  readonly exports: ExportTable;
  readonly obstacles: ObstacleTable;
  readonly records: RecordTables;
  readonly search: SearchTable;
  readonly reports: ReportTables;
  readonly diagnosis: DiagnosisTables;
  readonly findings: FindingTable;
  readonly alerts: AlertTables;
  readonly administration: AdministrationTables;
  readonly passwords: PasswordTables;
  readonly attributes: NameTable;
  readonly rules: NameTable;
  transaction<T>(work: () => T): T;
  /** Writes a consistent copy of the whole store to a file that does not exist yet. */
  copyTo(file: string): void;
  /** Makes every commit from now on survive a power cut (fsync), or not: for the intents of exports. */
  durable(on: boolean): void;
}

/** Opens the store of a state directory (`causeway.db`), or one in memory. */
export function openStore(file: string, options: { readOnly?: boolean } = {}): Store {
  const db = openDatabase(file, options);
  const mv = metaverseTable(db);
  const references = referenceTable(db);
  const exports = exportTable(db);
  const attributes = nameTable(db, 'attribute', !options.readOnly);
  const rules = nameTable(db, 'rule', !options.readOnly);
  return {
    db,
    cs: connectorSpaceTable(db),
    mv,
    references,
    exports,
    obstacles: obstacleTable(db),
    records: recordTables(db),
    search: searchTable(db),
    reports: reportTables(db),
    diagnosis: diagnosisTables(db),
    findings: findingTable(db),
    alerts: alertTables(db),
    administration: administrationTables(db),
    passwords: passwordTables(db),
    attributes,
    rules,
    transaction(work) {
      try {
        return inTransaction(db, () => {
          mv.begin();
          const result = work();
          mv.flush();
          return result;
        });
      } catch (error) {
        attributes.forget();
        rules.forget();
        throw error;
      } finally {
        mv.end();
        references.end();
        exports.end();
      }
    },
    copyTo: (target) => void db.prepare('VACUUM INTO ?').run(target),
    durable: (on) => db.exec(`PRAGMA synchronous = ${on ? 'FULL' : 'NORMAL'}`),
    [Symbol.dispose]: () => db.close(),
  };
}
