/** Rows as findings (architecture s.3.3): one cause is one finding, however many objects suffer from it. */
import {
  type Evidence,
  type Finding,
  type FindingObject,
  type Fix,
  findingId,
  namedObjects,
  type Role,
} from '../findings/finding.ts';
import { commandFix, directoryFix } from '../fix/text.ts';
import { anchorOf } from './anchors.ts';
import { precheckCase } from './cases.ts';
import { changesOfRow } from './changes-of.ts';
import type { Action, Confidence, ErrorName, PrecheckObject, Row } from './model.ts';

/** One line of the grid, without the object's other values. */
export interface FindingRow {
  readonly connector: string;
  readonly dn: string;
  readonly attribute: string;
  readonly value: string;
  readonly checks: readonly ErrorName[];
  readonly action?: Action;
  readonly update?: string;
  readonly confidence?: Confidence;
}
export interface PrecheckFinding extends Finding {
  /** Names of IdFix, and those that this product adds. */
  readonly checks: readonly ErrorName[];
  /** At most twenty; `affected` says how many there are. */
  readonly rows: readonly FindingRow[];
}

interface Growing {
  readonly first: Row;
  readonly checks: Set<ErrorName>;
  readonly objects: FindingObject[];
  readonly rows: FindingRow[];
  readonly evidence: Evidence[];
  readonly fix: Fix[];
  readonly seen: Set<number>;
  affected: number;
}

export interface CollectorOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly sourceAnchor?: string;
  /** Whether the connector can change its directory. */
  readonly isWritable: (connector: string) => boolean;
}

/** Gathers rows into findings. Keeps twenty rows of a finding, so that a cause with a million victims is small, too. */
export class FindingCollector {
  readonly #options: CollectorOptions;
  readonly #found = new Map<string, Growing>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  add(row: Row): void {
    const id = findingId(
      row.code,
      row.root ?? `${row.object.connector} ${row.object.dn} ${row.attribute} ${row.value}`,
    );
    let finding = this.#found.get(id);
    if (!finding) {
      finding = {
        first: row,
        checks: new Set(),
        objects: [],
        rows: [],
        evidence: [],
        fix: [],
        seen: new Set(),
        affected: 0,
      };
      this.#found.set(id, finding);
    }
    for (const name of row.errors) finding.checks.add(name);
    // Rows of one object come together, so that its last appearance is enough to know.
    if (!finding.seen.has(row.object.id)) {
      finding.seen.clear();
      finding.seen.add(row.object.id);
      finding.affected++;
      if (finding.objects.length < namedObjects) finding.objects.push(this.#objectOf(row));
    }
    if (finding.rows.length >= namedObjects) return;
    finding.rows.push(rowOf(row));
    finding.evidence.push({
      source: `${row.object.connector}: ${row.object.dn}`,
      fact: `${row.attribute} is ${row.value === '' ? 'absent' : `"${row.value}"`}. ${row.reason}`,
    });
    const fix = this.#fixOf(row);
    if (fix) finding.fix.push(fix);
    if (row.cloud) finding.objects.push(cloudObject(row));
  }

  /** All findings, in the order in which their causes were found. */
  *findings(): Generator<PrecheckFinding> {
    const seen = new Date(this.#options.now).toISOString();
    for (const [id, f] of this.#found) {
      const { code, attribute, value, errorCode } = f.first;
      const known = precheckCase(code);
      const more = f.affected > f.rows.length;
      yield {
        id,
        code,
        severity: f.first.severity ?? known.severity,
        title: known.title,
        summary: summaryOf(f),
        predicted: true,
        ...(errorCode === undefined ? {} : { errorCode }),
        attribute,
        value,
        objects: f.objects,
        affected: f.affected,
        evidence: f.evidence,
        fix: more ? [...f.fix, commandFix('Change all of them in a table', table)] : f.fix,
        firstSeen: seen,
        lastSeen: seen,
        checks: [...f.checks],
        rows: f.rows,
      };
    }
  }

  get size(): number {
    return this.#found.size;
  }

  #objectOf(row: Row): FindingObject {
    const role: Role = row.errors.includes('Duplicate')
      ? row.action === 'COMPLETE'
        ? 'holder'
        : 'incoming'
      : 'source';
    return directoryObject(row.object, row.cloud ? 'incoming' : role, this.#options.sourceAnchor);
  }

  #fixOf(row: Row): Fix | undefined {
    const changes = changesOfRow(row);
    if (changes.length === 0) return undefined;
    const what = row.update === undefined || row.update === '' ? 'Take the value away' : `Write ${row.update}`;
    return directoryFix(
      `${what} (confidence: ${row.confidence ?? 'low'})`,
      row.object.connector,
      row.object.dn,
      changes,
      this.#options.isWritable(row.object.connector),
    );
  }
}

const table = ['precheck', '--format', 'csv', '--out', 'precheck.csv'];

function summaryOf(f: Growing): string {
  const { attribute, value, object, reason } = f.first;
  const what = value === '' ? `${attribute} of ${object.dn}` : `${attribute} "${value}" of ${object.dn}`;
  return f.affected === 1 ? `${what}: ${reason}` : `${what} and ${f.affected - 1} more: ${reason}`;
}

const text = (object: PrecheckObject, name: string): string | undefined => {
  const value = object.attributes[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

function directoryObject(object: PrecheckObject, role: Role, sourceAnchor: string | undefined): FindingObject {
  const [upn, name] = [text(object, 'userPrincipalName'), text(object, 'displayName')];
  const anchor = anchorOf(object, sourceAnchor);
  return {
    role,
    connector: object.connector,
    dn: object.dn,
    ...(upn === undefined ? {} : { userPrincipalName: upn }),
    ...(name === undefined ? {} : { displayName: name }),
    ...(anchor === undefined ? {} : { sourceAnchor: anchor }),
    objectType: object.type,
  };
}

const cloudObject = ({ cloud }: Row): FindingObject => ({ role: 'holder', ...cloud });

const rowOf = (row: Row): FindingRow => ({
  connector: row.object.connector,
  dn: row.object.dn,
  attribute: row.attribute,
  value: row.value,
  checks: row.errors,
  ...(row.action === undefined ? {} : { action: row.action }),
  ...(row.update === undefined ? {} : { update: row.update }),
  ...(row.confidence === undefined ? {} : { confidence: row.confidence }),
});
