/** Something on every page: a draft, a precheck, deletes held back; and where to find one of each kind. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { waitFor } from '../support/wait.ts';
import { administrator, type Organization, type Visitor } from './stage.ts';

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

const published = `rules:
  - name: In from AD - titles without blanks
    direction: inbound
    connector: corp.contoso.com
    source: user
    target: person
    link: Join
    precedence: 60
    scope:
      - - { attribute: title, operator: ISNOTNULL }
    flows:
      - { target: title, expression: "Trim([title])" }
`;

/** Prepares the organization through its API. Resolves with addresses of things worth looking at. */
export async function prepare(browser: Browser, org: Organization): Promise<Found> {
  holdDeletes(org);
  const ana = await administrator(browser, org.service);
  await ana.send('PUT', '/drafts/titles', { text: published });
  await ana.send('POST', '/drafts/titles/publish', { reason: 'Blanks at the end broke the mail signatures' });
  await ana.send('PUT', '/drafts/capitals', { text: draft });
  await ana.send('POST', '/precheck', {});
  await ana.send('PATCH', '/scheduler', { ExportDeletionThreshold: 1 });
  const { findings } = await ana.api<{ findings: { id: string; code: string }[] }>('/diagnosis');
  const rules = await ana.api<{ id: string }[]>('/rules');
  const runs = await ana.api<{ items: { id: number }[] }>('/runs?profile=full-sync');
  const found = {
    finding: findings.find((f) => f.code === 'duplicate-proxy-address')?.id ?? '',
    rule: rules[4]?.id ?? '',
    run: runs.items[0]?.id ?? 0,
    person: 'mv:1',
  };
  await leaveAnEarlierAlert(ana);
  await org.service.cycle('delta');
  await ana.context.close();
  return found;
}

/** Staging mode for a moment: an alert that somebody cares for, and that is over. */
export async function leaveAnEarlierAlert(person: Visitor): Promise<void> {
  const staging = async (state: 'open' | 'resolved') =>
    (await person.api<{ items: { id: number; code: string }[] }>(`/alerts?state=${state}`)).items.find(
      (a) => a.code === 'staging',
    );
  await person.send('PATCH', '/scheduler', { StagingModeEnabled: true });
  const { id } = await waitFor('the alert about staging', () => staging('open'));
  await person.send('POST', `/alerts/${id}/acknowledgement`, { note: 'the move to the new server' });
  await person.send('PATCH', '/scheduler', { StagingModeEnabled: false });
  await waitFor('the alert to be over', () => staging('resolved'));
}

/** Takes three people out of the directory. */
export function holdDeletes(org: Organization): void {
  const file = org.path('corp.ldif');
  let text = readFileSync(file, 'utf8');
  for (const name of ['Amara Okafor', 'Aisha Asante', 'Asha Chandra'])
    text = text.replace(new RegExp(`dn: CN=${name},[\\s\\S]*?\\n\\n`), '');
  writeFileSync(file, text);
}
