/**
 * The real servers the tests need. What is missing is installed from Debian's packages where that is possible (root
 * and apt-get); otherwise the error names the command to type. No service is ever started by an installation.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type ServerKind = 'samba' | 'slapd' | 'browser';

interface Requirement {
  readonly packages: readonly string[];
  /** Packages that only some releases have; elsewhere their content is part of another one. */
  readonly optionalPackages: readonly string[];
  /** Each line is satisfied by any one of its paths. */
  readonly files: readonly (readonly string[])[];
}

const REQUIREMENTS: Record<ServerKind, Requirement> = {
  samba: {
    packages: [
      'samba',
      'samba-ad-dc',
      'samba-dsdb-modules',
      'samba-vfs-modules',
      'winbind',
      'ldb-tools',
      'ldap-utils',
      'python3-samba',
      'openssl',
    ],
    optionalPackages: ['samba-ad-provision'],
    files: [
      ['/usr/sbin/samba'],
      ['/usr/bin/samba-tool'],
      ['/usr/bin/ldbsearch'],
      ['/usr/bin/pdbedit'],
      ['/usr/bin/ldapsearch'],
      ['/usr/bin/openssl'],
      ['/usr/share/samba/setup/provision.ldif'],
      ['/usr/share/samba/setup/ad-schema/AD_DS_Attributes__Windows_Server_2012_R2.ldf'],
    ],
  },
  slapd: {
    packages: ['slapd', 'ldap-utils', 'openssl'],
    optionalPackages: [],
    files: [
      ['/usr/sbin/slapd'],
      ['/usr/sbin/slapadd'],
      ['/usr/bin/ldapsearch'],
      ['/usr/bin/openssl'],
      ['/etc/ldap/schema/msuser.ldif', '/etc/openldap/schema/msuser.ldif'],
    ],
  },
  browser: {
    packages: ['chromium'],
    optionalPackages: [],
    files: [['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']],
  },
};

export interface PackageReport {
  readonly kind: ServerKind;
  readonly installed: boolean;
}

const missingFiles = (kind: ServerKind): string[] =>
  REQUIREMENTS[kind].files.filter((any) => !any.some((file) => existsSync(file))).map((any) => any[0] as string);

/** The command an administrator types to get what `kinds` need on Debian or Ubuntu. */
export function installCommand(kinds: readonly ServerKind[]): string {
  const packages = kinds.flatMap((k) => [...REQUIREMENTS[k].packages, ...REQUIREMENTS[k].optionalPackages]);
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${[...new Set(packages)].join(' ')}`;
}

/**
 * Makes sure that the servers are there and says which had to be installed. Safe to call from several processes at once.
 * Rejects with an Error that names the missing files and the command to type.
 */
export async function ensurePackages(kinds: readonly ServerKind[]): Promise<PackageReport[]> {
  const needed = kinds.filter((kind) => missingFiles(kind).length > 0);
  if (needed.length > 0) await withInstallLock(() => install(needed.filter((kind) => missingFiles(kind).length > 0)));
  return kinds.map((kind) => ({ kind, installed: needed.includes(kind) }));
}

function install(kinds: readonly ServerKind[]): void {
  if (kinds.length === 0) return;
  const missing = kinds.flatMap(missingFiles).join(', ');
  const advice = `The tests need real servers and ${missing} is missing. Install them with: ${installCommand(kinds)}`;
  if (process.getuid?.() !== 0) throw new Error(`${advice} (this user may not install packages).`);
  if (!existsSync('/usr/bin/apt-get')) throw new Error(`${advice} (or your system's equivalent; there is no apt-get).`);
  process.stderr.write(`Installing ${kinds.join(' and ')} (missing: ${missing}).\n`);
  const failure = withoutServiceStart(() => aptInstall(kinds) && refreshAndInstall(kinds));
  const still = kinds.flatMap(missingFiles);
  if (still.length > 0) throw new Error(`${advice}\napt-get said: ${failure || `${still.join(', ')} did not appear`}`);
}

/** What went wrong, or an empty text. */
function aptInstall(kinds: readonly ServerKind[]): string {
  const packages = [...new Set(kinds.flatMap((kind) => REQUIREMENTS[kind].packages))];
  const optional = kinds.flatMap((kind) => REQUIREMENTS[kind].optionalPackages).filter(hasCandidate);
  return apt(['install', '-y', '--no-install-recommends', ...packages, ...optional]);
}

function refreshAndInstall(kinds: readonly ServerKind[]): string {
  return apt(['update']) || aptInstall(kinds);
}

function apt(args: readonly string[]): string {
  const done = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 << 20,
  });
  return done.status === 0 ? '' : `${done.error?.message ?? ''}${done.stderr}`.trim() || `exit code ${done.status}`;
}

function hasCandidate(name: string): boolean {
  const policy = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' }).stdout ?? '';
  return /Candidate: (?!\(none\))/.test(policy);
}

/** Runs `work` while Debian's `policy-rc.d` forbids the packages to start their services. */
function withoutServiceStart<T>(work: () => T): T {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** One installation at a time on this machine; a lock older than ten minutes was left by a process that died. */
async function withInstallLock(work: () => void): Promise<void> {
  const lock = join(tmpdir(), 'causeway-install.lock');
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > 600_000) rmSync(lock, { recursive: true, force: true });
      else await delay(250);
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  for (const { kind, installed } of await ensurePackages(['samba', 'slapd'])) {
    process.stdout.write(`${kind}: ${installed ? 'installed' : 'found'}\n`);
  }
}
