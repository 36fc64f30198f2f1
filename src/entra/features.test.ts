import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  featureBits,
  features,
  featuresOfBits,
  freshFeatureBits,
  freshFeatures,
  refuseFeatureChange,
} from './features.ts';

it('a fresh tenant reports 41016 (entra-directory s.0)', () => {
  assert.equal(freshFeatureBits, 41016);
  assert.equal(featureBits(freshFeatures), 41016);
  const on = Object.entries(freshFeatures)
    .filter(([, value]) => value)
    .map(([name]) => name);
  assert.deepEqual(on.sort(), [
    'quarantineUponProxyAddressesConflictEnabled',
    'quarantineUponUpnConflictEnabled',
    'softMatchOnUpnEnabled',
    'synchronizeUpnForManagedUsersEnabled',
  ]);
});

it('has the 20 features of Graph and the bits of the sync service (entra-directory s.0)', () => {
  assert.equal(features.length, 20);
  const bits: Record<string, number> = {
    passwordSyncEnabled: 1,
    passwordWritebackEnabled: 2,
    directoryExtensionsEnabled: 4,
    quarantineUponUpnConflictEnabled: 8,
    softMatchOnUpnEnabled: 16,
    quarantineUponProxyAddressesConflictEnabled: 32,
    cloudPasswordPolicyForPasswordSyncedUsersEnabled: 512,
    unifiedGroupWritebackEnabled: 1024,
    userWritebackEnabled: 2048,
    deviceWritebackEnabled: 4096,
    synchronizeUpnForManagedUsersEnabled: 8192,
    userForcePasswordChangeOnLogonEnabled: 16384,
    blockSoftMatchEnabled: 524288,
    blockCloudObjectTakeoverThroughHardMatchEnabled: 1048576,
  };
  for (const [name, bit] of Object.entries(bits)) assert.equal(features.find((f) => f.name === name)?.bit, bit, name);
});

it('bits and names go both ways', () => {
  const values = { ...freshFeatures, blockSoftMatchEnabled: true, passwordSyncEnabled: true };
  const back = featuresOfBits(featureBits(values));
  for (const [name, value] of Object.entries(back)) assert.equal(value, values[name as keyof typeof values], name);
  assert.equal(featureBits({}, 131072), 131072);
});

it('once on a feature stays on, except block… and allow… (entra-directory s.5.6)', () => {
  assert.match(refuseFeatureChange('softMatchOnUpnEnabled', true, false) ?? '', /cannot be turned off/);
  assert.equal(refuseFeatureChange('blockSoftMatchEnabled', true, false), undefined);
  assert.equal(refuseFeatureChange('allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled', true, false), undefined);
  assert.equal(refuseFeatureChange('softMatchOnUpnEnabled', false, true), undefined);
  assert.match(refuseFeatureChange('passwordWritebackEnabled', false, true) ?? '', /cannot be changed/);
  assert.match(refuseFeatureChange('nonsense', false, true) ?? '', /no synchronization feature/);
});
