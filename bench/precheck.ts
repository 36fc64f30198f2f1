/**
 * Data quality checks over a whole population in the connector space, against the scan for duplicate addresses that
 * administrators write themselves: awk over the dump of `ldapsearch` (the dump itself is not counted).
 * `node bench/precheck.ts [people]`. Budget: 100,000 objects in 10 s.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrecheckOptions } from '../src/diagnosis/precheck/context.ts';
import { FindingCollector } from '../src/diagnosis/precheck/findings.ts';
import { precheck } from '../src/diagnosis/precheck/precheck.ts';
import { storeSource } from '../src/diagnosis/precheck/store-source.ts';
import { memoryIndex } from '../src/entra/memory-index.ts';
import { freshSettings } from '../src/entra/settings.ts';
import { dnKey } from '../src/model/dn.ts';
import { type AttributeValue, canonicalText } from '../src/model/value.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { group, person } from './population.ts';
import { report } from './report.ts';
import { writePopulation } from './write-ldif.ts';

const people = Number(process.argv[2] ?? 100_000);
const groups = people / 20;
const directory = mkdtempSync(join(tmpdir(), 'causeway-bench-'));

/** One person in a hundred has something wrong: each mistake in turn. */
const mistakes: readonly ((a: Record<string, AttributeValue>, i: number) => Record<string, AttributeValue>)[] = [
  (a, i) => ({ ...a, proxyAddresses: [...(a.proxyAddresses as string[]), `smtp:shared${i % 7}@contoso.com`].sort() }),
  (a) => ({ ...a, userPrincipalName: `${String(a.userPrincipalName).split('@')[0]}@contoso.local` }),
  (a) => ({ ...a, userPrincipalName: String(a.userPrincipalName).replace('.', ' ') }),
  (a) => ({ ...a, displayName: `${String(a.displayName)}\u200b` }),
  (a) => ({ ...a, mail: `ö${String(a.mail)}` }),
  (a) => ({ ...a, department: 'x'.repeat(80) }),
];

function fill(store: Store): void {
  const { id } = store.records.connector('corp.contoso.com', 'active-directory');
  const partition = store.records.partition(id, 'DC=corp,DC=contoso,DC=com').id;
  const insert = (dn: string, anchor: string, type: string, attributes: Record<string, AttributeValue>) =>
    store.cs.insert(
      { connector: id, partition, anchor, dn, object_type: type, attributes: canonicalText(attributes) },
      dnKey(dn),
    );
  for (let start = 0; start < people; start += 5000) {
    store.transaction(() => {
      for (let i = start; i < Math.min(people, start + 5000); i++) {
        const { anchor, attributes, dn } = person(i, people);
        const wrong = i % 100 === 0 ? mistakes[(i / 100) % mistakes.length]!(attributes, i) : attributes;
        insert(dn, anchor, 'user', wrong);
      }
    });
  }
  store.transaction(() => {
    for (let i = 0; i < groups; i++) {
      const { anchor, attributes, dn } = group(i, people, 1);
      insert(dn, anchor, 'group', { ...attributes, mail: `group${i}@contoso.com` });
    }
  });
}

const settings = freshSettings('contoso.onmicrosoft.com', [
  { name: 'contoso.com', verified: true, authentication: 'Managed' },
]);
const options: PrecheckOptions = {
  rules: 'multi-tenant',
  now: Date.UTC(2026, 0, 1),
  image: { source: 'tenant', readAt: '2026-01-01T00:00:00Z', settings, index: memoryIndex(), limits: [] },
};

const seconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

/** Values of mail, userPrincipalName and SMTP addresses that more than one entry has: as people do it. */
const awk = `
/^dn:/ { dn = $0 }
/^(mail|userPrincipalName|proxyAddresses): / {
  v = tolower($2); sub(/^smtp:/, "", v)
  if (v in owner && owner[v] != dn) doubled[v] = 1
  owner[v] = dn
}
END { n = 0; for (v in doubled) n++; print n }`;

try {
  using store = openStore(join(directory, 'causeway.db'));
  fill(store);
  const ldif = join(directory, 'dump.ldif');
  writePopulation(ldif, people, groups);
  const before = process.memoryUsage().rss;
  let peak = before;
  const collector = new FindingCollector({ now: options.now, isWritable: () => true });
  const totals: { objects: number; rows: number; valuesCompared: number }[] = [];
  const own = seconds(() => {
    let rows = 0;
    totals.push(
      precheck(storeSource(store), options, (row) => {
        collector.add(row);
        if (++rows % 100 === 0) peak = Math.max(peak, process.memoryUsage().rss);
      }),
    );
  });
  peak = Math.max(peak, process.memoryUsage().rss);
  const scan = seconds(() => execFileSync('awk', [awk, ldif], { maxBuffer: 1 << 26 }));
  const { objects, rows, valuesCompared } = totals[0]!;
  report(`precheck of ${objects} objects`, {
    seconds: own,
    objectsPerSecond: objects / own,
    valuesCompared,
    rows,
    findings: collector.size,
    memoryAddedMb: (peak - before) / 1e6,
    awkSeconds: scan,
    timesAwk: own / scan,
  });
  if (objects >= 100_000 && own > (10 * objects) / 100_000) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
