/** Cmdlet names that administrators know by heart, as aliases in any letter case (operations s.5.1). */

type Parameters = ReadonlyMap<string, string>;
const cmdlets: Readonly<Record<string, (p: Parameters, rest: readonly string[]) => string[]>> = {
  'get-adsyncscheduler': () => ['scheduler', 'show'],
  'stop-adsyncsynccycle': () => ['stop'],
  'stop-adsyncrunprofile': () => ['stop'],
  'start-adsyncsynccycle': (p) => ['sync', '--policy', (p.get('policytype') ?? 'delta').toLowerCase()],
  'set-adsyncscheduler': (p) => ['scheduler', 'set', ...[...p].map(([name, value]) => `${name}=${value}`)],
  'invoke-adsyncrunprofile': (p) => [
    'run',
    p.get('connectorname') ?? '',
    (p.get('runprofilename') ?? '').toLowerCase().replaceAll(' ', '-').replace('synchronization', 'sync'),
  ],
  'get-adsyncconnector': () => ['status'],
  'get-adsyncconnectorrunstatus': () => ['status'],
  'get-adsyncrunprofileresult': (p) => ['runs', ...(p.get('runhistoryid') ? [p.get('runhistoryid')!] : [])],
  'get-adsynccsobject': (p) => ['show', p.get('distinguishedname') ?? p.get('identifier') ?? ''],
  'get-adsyncmvobject': (p) => ['show', p.get('identifier') ?? ''],
  'get-adsyncrule': (p) => (p.get('identifier') ? ['rules', 'show', p.get('identifier')!] : ['rules', 'list']),
  'get-adsyncserverconfiguration': (p) => [
    'config',
    'export',
    ...(p.get('path') ? ['--format', 'entra-connect', '--output', p.get('path')!] : []),
  ],
  'get-adsyncglobalsettings': () => ['config', 'export'],
  'get-adsyncconnectorstatistics': () => ['status'],
  'get-adsyncexportdeletionthreshold': () => ['status'],
  'enable-adsyncexportdeletionthreshold': (p) => [
    'scheduler',
    'set',
    `ExportDeletionThreshold=${p.get('deletionthreshold') ?? '500'}`,
  ],
  'disable-adsyncexportdeletionthreshold': () => ['scheduler', 'set', 'ExportDeletionThreshold=0'],
  'invoke-adsyncdiagnostics': (p) => ['diagnose', ...(p.get('distinguishedname') ? [p.get('distinguishedname')!] : [])],
  'get-adsyncaadpasswordsyncconfiguration': () => ['passwords', 'status'],
  'get-adsyncpartitionpasswordsyncstate': () => ['passwords', 'status'],
  'invoke-adsynccsobjectpasswordhashsync': (p) => [
    'passwords',
    'resync',
    p.get('distinguishedname') ?? p.get('identifier') ?? '',
  ],
};

/** Arguments with a cmdlet and its -Parameters replaced by the verb; others as they are. */
export function expandCmdlet(args: readonly string[]): string[] {
  const at = args.findIndex((a) => cmdlets[a.toLowerCase()] !== undefined);
  if (at < 0) return [...args];
  const parameters = new Map<string, string>();
  const rest: string[] = [];
  for (let i = at + 1; i < args.length; i++) {
    const arg = args[i]!;
    const named = /^-([A-Za-z][A-Za-z]+)(?::(.*))?$/.exec(arg);
    if (named && !arg.startsWith('--')) {
      const value = named[2] ?? args[++i];
      if (value !== undefined) parameters.set(named[1]!.toLowerCase(), value);
    } else rest.push(arg);
  }
  return [
    ...args.slice(0, at),
    ...cmdlets[args[at]!.toLowerCase()]!(parameters, rest),
    ...rest.filter((r) => r.startsWith('--')),
  ];
}
