/** Something on every page: a draft, a precheck, deletes held back; and where to find one of each kind. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { administrator, type Organization } from './stage.ts';

export interface Found {
  readonly finding: string;
  readonly rule: string;
  readonly run: number;
  readonly person: string;
}

const draft = `rules:
  - name: In from AD - company in capitals
    description: The house style of the new owner.
    direction: inbound
    connector: corp.contoso.com
    source: user
    target: person
    link: Join
    precedence: 50
    scope:
      - - { attribute: company, operator: ISNOTNULL }
    flows:
      - { target: company, expression: "UCase([company])" }
`;

/** Prepares the organization through its API. Resolves with addresses of things worth looking at. */
export async function prepare(browser: Browser, org: Organization): Promise<Found> {
  holdDeletes(org);
  const ana = await administrator(browser, org.service);
  const found = await ana.page.evaluate(async (text) => {
    const get = async (path: string) => (await fetch(`/api/v1${path}`)).json();
    const { csrf } = (await get('/session')) as { csrf: string };
    const send = (method: string, path: string, body: unknown) =>
      fetch(`/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
        body: JSON.stringify(body),
      });
    await send('PUT', '/drafts/capitals', { text });
    await send('POST', '/precheck', {});
    await send('PATCH', '/scheduler', { ExportDeletionThreshold: 1 });
    const findings = ((await get('/diagnosis')) as { findings: { id: string; code: string }[] }).findings;
    const rules = (await get('/rules')) as { id: string }[];
    const runs = (await get('/runs?profile=full-sync')) as { items: { id: number }[] };
    return {
      finding: findings.find((f) => f.code === 'duplicate-proxy-address')?.id ?? '',
      rule: rules[4]?.id ?? '',
      run: runs.items[0]?.id ?? 0,
      person: 'mv:1',
    };
  }, draft);
  await org.service.cycle('delta');
  await ana.context.close();
  return found;
}

/** Takes three people out of the directory. */
export function holdDeletes(org: Organization): void {
  const file = org.path('corp.ldif');
  let text = readFileSync(file, 'utf8');
  for (const name of ['Amara Okafor', 'Aisha Asante', 'Asha Chandra'])
    text = text.replace(new RegExp(`dn: CN=${name},[\\s\\S]*?\\n\\n`), '');
  writeFileSync(file, text);
}
