/** Every detector, in the order in which they are asked. */
import type { Detector } from '../diagnose-context.ts';
import { absence } from './absence.ts';
import { anchors } from './anchors.ts';
import { cloudState } from './cloud-state.ts';
import { confirmations } from './confirmations.ts';
import { conflicts } from './conflicts.ts';
import { connections } from './connections.ts';
import { cycles } from './cycles.ts';
import { deletes } from './deletes.ts';
import { directoryExports } from './directory-exports.ts';
import { domains } from './domains.ts';
import { due } from './due.ts';
import { hardMatch } from './hard-match.ts';
import { identities } from './identities.ts';
import { keptObjects } from './kept-objects.ts';
import { largeGroups } from './large-groups.ts';
import { objects } from './objects.ts';
import { otherExports } from './other-exports.ts';
import { passwords } from './passwords.ts';
import { people } from './people.ts';
import { precedence } from './precedence.ts';
import { references } from './references.ts';
import { runs } from './runs.ts';
import { staging } from './staging.ts';
import { syncErrors } from './sync-errors.ts';
import { values } from './values.ts';

export const detectors: readonly Detector[] = [
  anchors,
  conflicts,
  values,
  hardMatch,
  otherExports,
  directoryExports,
  connections,
  syncErrors,
  identities,
  people,
  objects,
  largeGroups,
  keptObjects,
  domains,
  cloudState,
  references,
  confirmations,
  deletes,
  due,
  cycles,
  staging,
  runs,
  passwords,
  absence,
  precedence,
];
