/**
 * The exact text of a fix: LDIF, PowerShell, Graph requests, commands. Everything that comes from a directory is data:
 * quoted for the language it stands in, so that no value can end a string, a line or a command.
 */
import { escapeDnValue } from '../../model/dn.ts';
import { formatLdif } from '../../model/ldif-writer.ts';
import type { Fix } from '../findings/finding.ts';
import type { DirectoryChange, FixAction, GraphCall, LdapValue } from './action.ts';

const ldifValue = (value: LdapValue): string | Buffer =>
  typeof value === 'string' ? value : Buffer.from(value.base64, 'base64');

/** A change record; what is not plain ASCII is in base64. */
export const ldifOf = (dn: string, changes: readonly DirectoryChange[]): string =>
  `${readable(dn)}${formatLdif(
    {
      kind: 'modify',
      dn,
      controls: [],
      line: 1,
      changes: changes.map((c) => ({ ...c, values: c.values.map(ldifValue) })),
    },
    0,
  ).trimEnd()}`;

/** A comment with the name, where the record itself has it in base64. */
const readable = (dn: string): string =>
  /^[\u0020-\u007e]*$/.test(dn) ? '' : `# ${dn.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd')}\n`;

/** A PowerShell literal: nothing in it is expanded. Typographic quotes end a string there too, so they are doubled. */
export function powershell(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    const bytes = Buffer.from(text).toString('base64');
    return `([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${bytes}')))`;
  }
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, (c) => c + c)}'`;
}

/**
 * A `dsacls` command that grants a right on an object, for either shell of Windows: quotes that both know around text that
 * neither expands, otherwise a literal of PowerShell.
 */
export function grantCommand(dn: string, to: string, options = ''): string {
  const quoted = (text: string) =>
    /^[^"$`%\u0000-\u001f\u007f\u201c-\u201e]*$/.test(text) ? `"${text}"` : powershell(text);
  return `dsacls ${quoted(dn)}${options} /G ${quoted(to)}`;
}

/** A word of a POSIX shell. */
export const shellWord = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text)
    ? text
    : /[\u0000-\u001f\u007f]/.test(text)
      ? `$'${text.replace(/[\\']/g, (c) => `\\${c}`).replace(/[\u0000-\u001f\u007f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
      : `'${text.replaceAll("'", "'\\''")}'`;

/** A `causeway` command. */
export const command = (...words: readonly string[]): string => ['causeway', ...words.map(shellWord)].join(' ');

export function graphText(calls: readonly GraphCall[], root = 'https://graph.microsoft.com'): string {
  return calls
    .map(({ method, path, body }) => {
      const head = `${method} ${root}${path}`;
      return body === undefined
        ? head
        : `${head}\nContent-Type: application/json\n\n${JSON.stringify(body, undefined, 2)}`;
    })
    .join('\n\n');
}

/** A fix that changes attributes of a directory object; applicable where the connector can write. */
export function directoryFix(
  title: string,
  connector: string,
  dn: string,
  changes: readonly DirectoryChange[],
  applicable = true,
): Fix {
  const action: FixAction = { kind: 'directory', connector, dn, changes };
  return {
    title,
    where: 'directory',
    language: 'ldif',
    text: ldifOf(dn, changes),
    applicable,
    ...(applicable ? { action } : {}),
  };
}

/** Deletes an object of a directory. */
export function removeFix(title: string, connector: string, dn: string, guid: string | null): Fix {
  return {
    title,
    where: 'directory',
    language: 'ldif',
    text: formatLdif({ kind: 'delete', dn, controls: [], line: 1 }, 0).trimEnd(),
    applicable: true,
    action: { kind: 'directory-delete', connector, dn, ...(guid === null ? {} : { guid }) },
  };
}

export function graphFix(
  title: string,
  connector: string,
  calls: readonly GraphCall[],
  permissions: readonly string[],
  after: readonly GraphCall[] = [],
): Fix {
  const later = after.length === 0 ? '' : `\n\n# after the next cycle, put it back:\n\n${graphText(after)}`;
  return {
    title,
    where: 'cloud',
    language: 'graph',
    text: `${graphText(calls)}${later}`,
    applicable: true,
    action: { kind: 'cloud', connector, calls, permissions, ...(after.length > 0 ? { after } : {}) },
  };
}

export interface DirectoryTarget {
  readonly connector: string;
  readonly dn: string;
  readonly changes: readonly DirectoryChange[];
}
/** Objects that one fix changes at most; more are a task for a script of the administrator. */
export const mostChanges = 5000;
/** Objects whose change is shown in the text; of the others it says how many they are. */
const mostShown = 500;

/** One change of many objects. */
export function bulkFix(title: string, targets: readonly DirectoryTarget[], applicable = true): Fix {
  const all = targets.slice(0, mostChanges);
  const actions = all.map((t): FixAction => ({ kind: 'directory', ...t }));
  const [only] = actions;
  const action: FixAction | undefined = actions.length === 1 ? only : { kind: 'sequence', actions };
  const isWhole = applicable && targets.length > 0 && targets.length <= mostChanges;
  return {
    title,
    where: 'directory',
    language: 'ldif',
    text: [
      ...all.slice(0, mostShown).map((t) => ldifOf(t.dn, t.changes)),
      ...(targets.length > mostShown ? [`# and ${targets.length - mostShown} more of the same kind`] : []),
    ].join('\n\n'),
    applicable: isWhole,
    ...(isWhole && action ? { action } : {}),
  };
}

/** Several changes that belong together, in order. Applicable if each of them is. */
export function sequenceFix(title: string, parts: readonly Fix[]): Fix {
  const actions = parts.flatMap((p) => p.action ?? []);
  const applicable = parts.length > 0 && actions.length === parts.length;
  return {
    title,
    where: parts[0]?.where ?? 'directory',
    language: parts.every((p) => p.language === parts[0]?.language) ? (parts[0]?.language ?? 'text') : 'text',
    text: parts.map((p, i) => `# ${i + 1}. ${p.title}\n${p.text}`).join('\n\n'),
    applicable,
    ...(applicable ? { action: { kind: 'sequence', actions } } : {}),
  };
}

export const textFix = (title: string, where: Fix['where'], text: string): Fix => ({
  title,
  where,
  language: 'text',
  text,
  applicable: false,
});

export const powershellFix = (title: string, where: Fix['where'], text: string): Fix => ({
  title,
  where,
  language: 'powershell',
  text,
  applicable: false,
});

export const commandFix = (title: string, words: readonly string[], action?: FixAction): Fix => ({
  title,
  where: 'configuration',
  language: 'causeway',
  text: command(...words),
  applicable: action !== undefined,
  ...(action ? { action } : {}),
});

/** Replaces a value of an attribute, provided that it is still the one that was seen. */
export const swap = (attribute: string, from: LdapValue, to: LdapValue): DirectoryChange[] => [
  { operation: 'delete', attribute, values: [from] },
  { operation: 'add', attribute, values: [to] },
];

/** Text of a DN component, e.g. for a new container. */
export const rdn = (type: string, value: string): string => `${type}=${escapeDnValue(value)}`;
