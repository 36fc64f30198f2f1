/** The sections of the rail, in the order of the data. */
export interface Section {
  readonly path: string;
  readonly title: string;
  /** What somebody might type to get here. */
  readonly also: string;
  /** A line is drawn above it. */
  readonly isGroup?: boolean;
}
export const sections: readonly Section[] = [
  { path: '/', title: 'Overview', also: 'health status dashboard home' },
  { path: '/runs', title: 'Runs', also: 'operations history cycle import export' },
  { path: '/objects', title: 'Objects', also: 'search connector space metaverse' },
  { path: '/issues', title: 'Issues', also: 'errors conflicts findings diagnose' },
  { path: '/quality', title: 'Data quality', also: 'idfix precheck' },
  { path: '/rules', title: 'Rules', also: 'synchronization rules editor', isGroup: true },
  { path: '/plan', title: 'Plan', also: 'pending exports deletes approve staging' },
  { path: '/configuration', title: 'Configuration', also: 'versions documenter diff' },
  { path: '/passwords', title: 'Passwords', also: 'password hash synchronization' },
  { path: '/tenant', title: 'Tenant', also: 'cloud recycle bin entra', isGroup: true },
  { path: '/audit', title: 'Audit', also: 'log who what' },
  { path: '/settings', title: 'Settings', also: 'scheduler interval threshold' },
];
