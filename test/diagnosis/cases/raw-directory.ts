/** Changes that no domain controller would take: written into its database behind its back, as a fault of it would. */
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Samba } from '../../support/samba.ts';

/** Replaces one attribute of an object without asking the schema. */
export function replaceRaw(dc: Samba, dn: string, attribute: string, value: string | number): void {
  const name = `${dc.baseDn.toUpperCase()}.ldb`;
  const [file] = globSync(join(dc.dir, '**', 'sam.ldb.d', name));
  if (file === undefined) throw new Error(`no database ${name} below ${dc.dir}`);
  const input = `dn: ${dn}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n\n`;
  execFileSync('ldbmodify', ['-H', `tdb://${file}`], { input, stdio: ['pipe', 'ignore', 'inherit'] });
}
