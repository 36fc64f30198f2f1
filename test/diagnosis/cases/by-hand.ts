/**
 * What a person does with a finding: takes the very text that a fix shows to the tool it is for. Nothing is put together
 * here, so that a wrong text cures nothing.
 */
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import type { Finding, Fix } from '../../../src/diagnosis/findings/finding.ts';
import type { Samba } from '../../support/samba.ts';
import type { Clinic } from './clinic.ts';

/** The one fix of this language whose title says this. */
export function fixOf(finding: Finding, language: Fix['language'], title: string | RegExp = ''): Fix {
  const fixes = finding.fix.filter(
    (f) => f.language === language && (typeof title === 'string' ? f.title.includes(title) : title.test(f.title)),
  );
  assert.equal(fixes.length, 1, `${language} "${title}": ${JSON.stringify(finding.fix, undefined, 1)}`);
  return fixes[0] as Fix;
}

/** A change record, given to OpenLDAP's client as it is shown. */
export async function changeDirectory(dc: Samba, { language, text }: Fix): Promise<void> {
  assert.equal(language, 'ldif');
  await dc.ldapModify(`${text}\n\n`);
}

/** Requests of Graph, sent one after the other as they are shown. */
export async function askGraph(clinic: Clinic, { language, text }: Fix): Promise<void> {
  assert.equal(language, 'graph');
  const requests = text.split(/\n\n(?=(?:GET|POST|PATCH|DELETE) https:)/);
  for (const request of requests) {
    const [head, ...rest] = request.split('\n');
    const [, method, path] = /^(GET|POST|PATCH|DELETE) https:\/\/graph\.microsoft\.com(\/\S+)$/.exec(head ?? '') ?? [];
    assert.ok(method && path, request);
    const body = rest.length === 0 ? undefined : (JSON.parse(rest.slice(rest.indexOf('') + 1).join('\n')) as unknown);
    const status = await clinic.graph(method as 'PATCH', path, body);
    assert.ok(status >= 200 && status < 300, `${request}: ${status}`);
  }
}

/** YAML for a rule file, which becomes the only one. */
export function writeRuleFile(clinic: Clinic, { text }: Fix): void {
  assert.ok((parse(text) as { rules?: unknown }).rules, text);
  clinic.useRules(text);
}

/** `dsacls "<DN>" /G "<account>:RP;<attribute>"`, line by line, as Windows would carry it out. */
export async function grant(dc: Samba, { text }: Fix, attributes: Readonly<Record<string, string>>): Promise<void> {
  for (const line of text.split('\n')) {
    const [, dn, account, right, attribute] = /^dsacls "([^"]+)" \/G "([^@"]+)@[^:"]+:(\w+);(\w+)"$/.exec(line) ?? [];
    const guid = attribute === undefined ? undefined : attributes[attribute];
    assert.ok(dn && account && right && guid, line);
    await dc.setAce('add', `(OA;;${right};${guid};;%s)`, account, dn);
  }
}
