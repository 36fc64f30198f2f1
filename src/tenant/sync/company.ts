import { refuseFeatureChange } from '../../entra/features.ts';
import { ruleChoices } from '../../entra/settings.ts';
import type { CompanyConfiguration } from '../../entra/sync-protocol.ts';
import type { TenantContext } from '../context.ts';
import { ruleSettings } from '../rules.ts';
import { isRecord, malformed } from './batch.ts';

/** What the synchronization client must know of the tenant. */
export function companyConfiguration(context: TenantContext): CompanyConfiguration {
  const { state } = context.company;
  return {
    tenantId: state.tenantId,
    displayName: state.displayName,
    initialDomain: context.company.initialDomain,
    domains: state.domains.map(({ name, verified, authentication }) => ({ name, verified, authentication })),
    dirSyncEnabled: state.dirSyncEnabled === true,
    features: state.features,
    ...(state.sourceAnchorAttribute === undefined ? {} : { sourceAnchorAttribute: state.sourceAnchorAttribute }),
    deletionThreshold: state.deletionPrevention === 'enabledForCount' ? state.deletionThreshold : 0,
    groupMembers: ruleSettings(context).limits.groupMembers,
    rules: ruleChoices(ruleSettings(context)),
  };
}

/** Carries out a CompanyPatch. Throws a RequestError for what it does not know. */
export function patchCompany(context: TenantContext, body: unknown): CompanyConfiguration {
  if (!isRecord(body)) throw malformed('The body must be an object.');
  const { features, sourceAnchorAttribute, deletionThreshold, ...rest } = body;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw malformed(`The company configuration has no setting "${unknown.slice(0, 64)}".`);
  if (sourceAnchorAttribute !== undefined && typeof sourceAnchorAttribute !== 'string') {
    throw malformed('"sourceAnchorAttribute" must be text.');
  }
  if (deletionThreshold !== undefined && !(Number.isSafeInteger(deletionThreshold) && Number(deletionThreshold) >= 0)) {
    throw malformed('"deletionThreshold" must be a whole number of at least 0; 0 switches the protection off.');
  }
  const threshold = deletionThreshold as number | undefined;
  context.write(() =>
    context.company.update({
      ...(features === undefined
        ? {}
        : { features: { ...context.company.state.features, ...checkFeatures(context, features) } }),
      ...(sourceAnchorAttribute === undefined ? {} : { sourceAnchorAttribute }),
      ...(threshold === undefined
        ? {}
        : { deletionThreshold: threshold, deletionPrevention: threshold > 0 ? 'enabledForCount' : 'disabled' }),
    }),
  );
  return companyConfiguration(context);
}

/** The features of a request, if each exists, is a boolean and may be changed that way. */
export function checkFeatures(context: TenantContext, features: unknown): Record<string, boolean> {
  if (!isRecord(features)) throw malformed('"features" must be an object.');
  for (const [name, value] of Object.entries(features)) {
    if (typeof value !== 'boolean') throw malformed(`The feature "${name.slice(0, 64)}" must be true or false.`);
    const reason = refuseFeatureChange(name.slice(0, 64), context.company.state.features[name] === true, value);
    if (reason !== undefined) throw malformed(reason);
  }
  return features as Record<string, boolean>;
}
