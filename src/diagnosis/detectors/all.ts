/** Every detector, in the order in which they are asked. */
import type { Detector } from '../diagnose-context.ts';
import { anchors } from './anchors.ts';
import { cloudState } from './cloud-state.ts';
import { conflicts } from './conflicts.ts';
import { directoryExports } from './directory-exports.ts';
import { domains } from './domains.ts';
import { hardMatch } from './hard-match.ts';
import { identities } from './identities.ts';
import { objects } from './objects.ts';
import { otherExports } from './other-exports.ts';
import { syncErrors } from './sync-errors.ts';
import { values } from './values.ts';

export const detectors: readonly Detector[] = [
  anchors,
  conflicts,
  values,
  hardMatch,
  otherExports,
  directoryExports,
  syncErrors,
  identities,
  objects,
  domains,
  cloudState,
];
