/** `kill -9` at random points of cycles, each with changes to carry: nothing is lost, doubled or created twice. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seeded } from '../../bench/population.ts';
import { guidBytes } from '../../src/model/guid.ts';
import { formatLdif, LDIF_HEADER } from '../../src/model/ldif-writer.ts';
import { sidBytes } from '../../src/model/sid.ts';
import { openStore } from '../../src/store/store.ts';
import { type ServedTenant, serveTenant } from '../../src/tenant/serve.ts';
import { createTenant, type Tenant } from '../../src/tenant/tenant.ts';
import { type TempDirectory, tempDirectory } from '../support/temp.ts';
import { type Dialect, dialects, permissionsOf } from './lab.ts';

const clientId = '00000000-0000-4000-8000-000000000001';
const base = 'DC=corp,DC=example,DC=com';
/** Fewer with Graph, where every process asks the tenant more before it writes. */
const killsOf: Readonly<Record<Dialect, number>> = { sync: 50, graph: 15 };

interface Person {
  title: string;
  present: boolean;
}
interface CloudObject {
  readonly id: string;
  readonly title?: string;
  readonly members: readonly string[];
}

function killing(dialect: Dialect): void {
  const kills = killsOf[dialect];
  const random = seeded(20261121);
  const people: Person[] = Array.from({ length: 400 }, () => ({ title: 'Engineer', present: true }));
  const groups: Set<number>[] = Array.from(
    { length: 20 },
    (_, g) => new Set(Array.from({ length: 30 }, (_, i) => (g * 17 + i * 3) % people.length)),
  );

  let temp: TempDirectory;
  let tenant: Tenant;
  let served: ServedTenant;

  before(async () => {
    temp = tempDirectory('kill');
    tenant = createTenant({
      settings: {
        initialDomain: 'contoso.onmicrosoft.com',
        verifiedDomains: ['example.com'],
        dirSyncEnabled: dialect === 'sync',
      },
      apps: [{ appId: clientId, secret: 'sesame', permissions: [...permissionsOf[dialect]] }],
    });
    served = await serveTenant(tenant, { listen: '127.0.0.1:0' });
    writeFileSync(
      join(temp.path, 'causeway.yaml'),
      `stateDirectory: ./state
connectors:
  - { name: corp, type: ldif, path: ./corp.ldif }
  - { name: cloud, type: entra, dialect: ${dialect}, url: "${served.url}", tenantId: ${tenant.tenantId}, clientId: ${clientId}, credential: { secret: { env: CAUSEWAY_KILL_SECRET } } }
limits: { collapseShare: 0.9 }
`,
    );
  });
  after(async () => {
    await served.close();
    tenant.close();
    await temp[Symbol.asyncDispose]();
  });

  const guid = (kind: number, i: number) =>
    guidBytes(`${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${i.toString(16).padStart(12, '0')}`)!;
  const anchorOf = (kind: number, i: number) => guid(kind, i).toString('base64');
  const dnOf = (i: number) => `CN=Person ${i},OU=People,${base}`;

  function writeDirectory(): void {
    const entry = (dn: string, attributes: Record<string, (string | Buffer)[]>) =>
      formatLdif({
        kind: 'entry',
        dn,
        line: 0,
        attributes: Object.entries(attributes).map(([name, values]) => ({ name, values })),
      });
    const text = people.map((p, i) =>
      p.present
        ? entry(dnOf(i), {
            objectClass: ['top', 'person', 'user'],
            objectGUID: [guid(1, i)],
            objectSid: [sidBytes(`S-1-5-21-1-2-3-${1000 + i}`)!],
            sAMAccountName: [`p${i}`],
            cn: [`Person ${i}`],
            displayName: [`Person ${i}`],
            userPrincipalName: [`p${i}@example.com`],
            userAccountControl: ['512'],
            title: [p.title],
          })
        : '',
    );
    const more = groups.map((members, g) =>
      entry(`CN=Group ${g},OU=Groups,${base}`, {
        objectClass: ['top', 'group'],
        objectGUID: [guid(2, g)],
        objectSid: [sidBytes(`S-1-5-21-1-2-3-${9000 + g}`)!],
        sAMAccountName: [`g${g}`],
        cn: [`Group ${g}`],
        displayName: [`Group ${g}`],
        groupType: ['-2147483646'],
        ...([...members].some((m) => people[m]!.present)
          ? { member: [...members].filter((m) => people[m]!.present).map(dnOf) }
          : {}),
      }),
    );
    writeFileSync(join(temp.path, 'corp.ldif'), LDIF_HEADER + text.join('') + more.join(''));
  }

  /** Changes a few people and memberships. */
  function disturb(): void {
    for (let n = 0; n < 12; n++) {
      const p = people[Math.floor(random() * people.length)]!;
      if (random() < 0.3) p.present = !p.present;
      else p.title = `Title ${Math.floor(random() * 1000)}`;
      const members = groups[Math.floor(random() * groups.length)]!;
      const who = Math.floor(random() * people.length);
      if (!members.delete(who)) members.add(who);
    }
  }

  /** One `causeway sync` in a process of its own, killed after some milliseconds of work if asked to. */
  function sync(killAfter?: number): Promise<number | null> {
    const main = join(import.meta.dirname, '../../bin/causeway.js');
    const child = spawn(
      process.execPath,
      [main, '--config', join(temp.path, 'causeway.yaml'), 'sync', '--policy', random() < 0.2 ? 'initial' : 'delta'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, CAUSEWAY_KILL_SECRET: 'sesame' },
      },
    );
    let output = '';
    child.stdout.on('data', (d: Buffer) => (output += d));
    child.stderr.on('data', (d: Buffer) => {
      if (output === '' && killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
      output += d;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        if (code !== null && code !== 0) reject(new Error(`exit code ${code}: ${output}\n${objectErrors()}`));
        else resolve(code);
      });
    });
  }

  /** What the engine wrote down of objects that failed. */
  function objectErrors(): string {
    using store = openStore(join(temp.path, 'state/causeway.db'), { readOnly: true });
    return store.records
      .errors(5)
      .map((e) => `${e.phase} ${e.code} ${store.cs.get(e.cs)?.dn}: ${e.detail}`)
      .join('\n');
  }

  async function accessToken(): Promise<string> {
    const answer = await fetch(`${served.url}/${tenant.tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: 'sesame',
        grant_type: 'client_credentials',
        scope: 'https://graph.microsoft.com/.default',
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** What the cloud holds, by source anchor; none of them twice. */
  async function cloudState(): Promise<Map<string, CloudObject>> {
    const token = await accessToken();
    const state = new Map<string, CloudObject>();
    const put = (anchor: string, object: CloudObject) => {
      assert.ok(!state.has(anchor), `${anchor} is in the cloud twice`);
      state.set(anchor, object);
    };
    await (dialect === 'sync' ? readSyncPlane(token, put) : readGraph(token, put));
    return state;
  }

  async function readSyncPlane(token: string, put: (anchor: string, object: CloudObject) => void): Promise<void> {
    for (let cookie: string | undefined, more = true; more; ) {
      const answer = await fetch(`${served.url}/sync/v1/read-back`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(cookie ? { cookie } : {}),
      });
      const page = (await answer.json()) as {
        objects: {
          cloudAnchor: string;
          sourceAnchor: string;
          properties: { title?: string };
          links: { member?: { all: string[] } };
        }[];
        cookie: string;
        more: boolean;
      };
      for (const { sourceAnchor, cloudAnchor, properties, links } of page.objects) {
        const title = properties.title ? { title: properties.title } : {};
        put(sourceAnchor, { id: cloudAnchor, ...title, members: links.member?.all ?? [] });
      }
      ({ cookie, more } = page);
    }
  }

  async function readGraph(token: string, put: (anchor: string, object: CloudObject) => void): Promise<void> {
    type Item = { id: string; jobTitle: string | null; onPremisesImmutableId?: string; uniqueName?: string };
    const list = async (path: string): Promise<Item[]> => {
      const answer = await fetch(`${served.url}/v1.0${path}`, { headers: { authorization: `Bearer ${token}` } });
      const page = (await answer.json()) as { value: Item[]; '@odata.nextLink'?: string };
      assert.equal(page['@odata.nextLink'], undefined);
      return page.value;
    };
    for (const user of await list('/users?$select=id,jobTitle,onPremisesImmutableId&$top=999'))
      put(String(user.onPremisesImmutableId), { id: user.id, title: String(user.jobTitle), members: [] });
    for (const group of await list('/groups?$select=id,uniqueName&$top=999')) {
      const members = await list(`/groups/${group.id}/members?$select=id&$top=999`);
      put(String(group.uniqueName), { id: group.id, members: members.map((m) => m.id) });
    }
  }

  async function compare(): Promise<void> {
    const state = await cloudState();
    const expected = [
      ...people.flatMap((p, i) => (p.present ? [anchorOf(1, i)] : [])),
      ...groups.map((_, g) => anchorOf(2, g)),
    ];
    assert.deepEqual([...state.keys()].sort(), expected.sort());
    people.forEach((p, i) => {
      if (p.present) assert.equal(state.get(anchorOf(1, i))!.title, p.title);
    });
    groups.forEach((members, g) => {
      const wanted = [...members].filter((m) => people[m]!.present).map((m) => state.get(anchorOf(1, m))!.id);
      assert.deepEqual([...state.get(anchorOf(2, g))!.members].sort(), wanted.sort(), `members of group ${g}`);
    });
  }

  test(`${kills} kills end where an undisturbed run ends`, async (t) => {
    writeDirectory();
    let killed = 0;
    for (let n = 0; killed < kills; n++) {
      assert.ok(n < kills * 3, `only ${killed} of ${n} runs were still working when they were killed`);
      if ((await sync(Math.floor(random() * (n < 8 ? 900 : 350)))) === null) killed++;
      if (n >= 8) {
        disturb();
        writeDirectory();
      }
    }
    for (let i = 0; i < 3; i++) await sync();
    await compare();
    t.diagnostic(`${killed} runs were killed at work`);
  });
}

for (const dialect of dialects) describe(`dialect ${dialect}`, () => killing(dialect));
