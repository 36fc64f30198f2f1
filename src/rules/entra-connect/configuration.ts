/** An Entra Connect configuration as Causeway understands it: what the importers make and the exporter writes. */
import type { MetaverseSchema } from '../metaverse-schema.ts';
import type { SyncRule } from '../model.ts';
import type { OutOfBoxOptions } from '../out-of-box/options.ts';
import type { RuleComparison } from './compare.ts';
import type { ImportedConnector } from './read-connector.ts';
import type { NotTaken } from './read-rule.ts';

export interface ImportedConfiguration {
  /** Best precedence first. `id` is the GUID of the export, `connector` the name of the connector. */
  readonly rules: readonly SyncRule[];
  readonly metaverseSchema: MetaverseSchema;
  readonly connectors: readonly ImportedConnector[];
  readonly globalParameters: Readonly<Record<string, string>>;
  /** What the out-of-box rules would have to be set to, to do the same. */
  readonly options: OutOfBoxOptions;
  readonly report: ImportReport;
}

export interface ImportReport {
  readonly rules: readonly RuleComparison[];
  readonly notTaken: readonly NotTaken[];
  /** Decisions the administrator should know of. */
  readonly notes: readonly string[];
}
