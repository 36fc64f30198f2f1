/**
 * What a person does with a finding: takes the very text that a fix shows to the tool it is for. Nothing is put together
 * here, so that a wrong text cures nothing.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { Finding, Fix } from '../../../src/diagnosis/findings/finding.ts';
import type { ConfigurationChange, FixAction } from '../../../src/diagnosis/fix/action.ts';
import { dnKey } from '../../../src/model/dn.ts';
import { type LdifRecord, parseLdif } from '../../../src/model/ldif.ts';
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

/** What a fix shows is what is carried out: its text, read by somebody else, says the same as its action. */
export function saysWhatItDoes({ text, action, title }: Fix): void {
  if (action) says(text, action, title);
}

function says(text: string, action: FixAction, title: string): void {
  switch (action.kind) {
    case 'sequence':
      for (const one of action.actions) says(text, one, title);
      return;
    case 'directory': {
      const plain = (v: string | Buffer | { readonly base64: string }) =>
        Buffer.from(typeof v === 'string' || Buffer.isBuffer(v) ? v : Buffer.from(v.base64, 'base64')).toString(
          'base64',
        );
      const listed = (
        changes: readonly { operation: string; attribute: string; values: readonly LdapValueShown[] }[],
      ) => changes.map((c) => [c.operation, c.attribute, c.values.map(plain)]);
      const isSaid = recordsOf(text).some(
        (r) =>
          r.kind === 'modify' &&
          dnKey(r.dn) === dnKey(action.dn) &&
          isDeepStrictEqual(listed(r.changes), listed(action.changes)),
      );
      assert.ok(isSaid, `${title}: ${text}`);
      return;
    }
    case 'directory-delete':
      assert.ok(
        recordsOf(text).some((r) => r.kind === 'delete' && dnKey(r.dn) === dnKey(action.dn)),
        `${title}: ${text}`,
      );
      return;
    case 'cloud':
      for (const { method, path, body } of [...action.calls, ...(action.after ?? [])]) {
        assert.ok(text.includes(`${method} https://graph.microsoft.com${path}`), `${title}: ${text}`);
        if (body !== undefined) assert.ok(text.includes(JSON.stringify(body, undefined, 2)), `${title}: ${text}`);
      }
      return;
    case 'configuration':
      saysPlace(text, action, title);
      return;
    default:
  }
}

type LdapValueShown = string | Buffer | { readonly base64: string };

/** Change records of a text in which there may be more, for example requests for the cloud. */
function recordsOf(text: string): readonly LdifRecord[] {
  const records = text.split(/\n\n+/).flatMap((part) => /^dn:.*/ms.exec(part)?.[0] ?? []);
  return records.flatMap((record) => parseLdif(`${record}\n`));
}

function saysPlace(text: string, { path, from, to, value }: ConfigurationChange, title: string): void {
  const parts = text.split(/^# \d+\.$/m).filter((part) => /^[^#\s]/m.test(part) && !/^causeway /m.test(part));
  const at = (part: string): unknown =>
    path.reduce<unknown>(
      (node, step) => (node as Record<string, unknown> | undefined)?.[typeof step === 'number' ? 0 : step],
      parse(part),
    );
  const isSaid = parts.some((part) => {
    if (value === null) return part.includes(`# without "${path.at(-1)}"`);
    if (value !== undefined) return isDeepStrictEqual(at(part), value);
    const isOut = from === undefined || part.includes(`"${from}"`);
    return isOut && (to === undefined || (at(part) as unknown[] | undefined)?.[0] === to);
  });
  assert.ok(isSaid, `${title}: ${text}`);
}
