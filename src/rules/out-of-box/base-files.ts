/** The YAML files of this folder, read once. They are part of the program, like its code. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { BaseRule } from './options.ts';

const names = [
  'people-inbound.yaml',
  'group-inbound.yaml',
  'device.yaml',
  'entra-inbound.yaml',
  'entra-user.yaml',
  'entra-contact.yaml',
  'entra-group.yaml',
  'directory-outbound.yaml',
];

export interface BaseFile {
  readonly file: string;
  readonly rules: readonly BaseRule[];
}
let read: readonly BaseFile[] | undefined;

export function baseFiles(): readonly BaseFile[] {
  read ??= names.map((name) => {
    // The sets are used in many rules; the limit on aliases protects against hostile files, which these are not.
    const document = parse(readFileSync(new URL(name, import.meta.url), 'utf8'), { maxAliasCount: -1 });
    return { file: `out-of-box/${name}`, rules: (document as { rules: BaseRule[] }).rules };
  });
  return read;
}
