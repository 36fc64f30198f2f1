import { errorMembers, ruleError } from '../../entra/errors.ts';
import { hashEffect } from '../../entra/password-policy.ts';
import { refuseCredential } from '../../entra/protection.ts';
import type { Credential, CredentialResponse } from '../../entra/sync-protocol.ts';
import { cloudView } from '../cloud-object.ts';
import type { TenantContext } from '../context.ts';
import type { StoredCredential } from '../sign-in.ts';
import type { StoredObject } from '../store/objects.ts';
import { isPph1 } from '../tokens/pph1.ts';
import { checkAnchor, idOfCloudAnchor, isRecord, limits, malformed } from './batch.ts';

type Result = CredentialResponse['results'][number];

/** Stores password hashes (entra-directory s.6.2 and 6.3). An empty batch is the heartbeat: it only moves the time. */
export function provisionCredentials(context: TenantContext, body: unknown): CredentialResponse {
  const credentials = checkBatch(body);
  return context.write(() => {
    const results = credentials.map((credential) => storeCredential(context, credential));
    if (context.company.state.features.passwordSyncEnabled === true)
      context.company.update({ lastPasswordSyncTime: context.clock.iso() });
    return { results };
  });
}

function checkBatch(body: unknown): Credential[] {
  const list = isRecord(body) ? body.credentials : undefined;
  if (!Array.isArray(list)) throw malformed('The body must be an object with a list "credentials".');
  if (list.length > limits.maxCredentials) {
    throw malformed(`A batch has at most ${limits.maxCredentials} credentials, this one has ${list.length}.`);
  }
  list.forEach((item, index) => {
    const at = `credentials[${index}]`;
    if (!isRecord(item)) throw malformed(`${at} is not an object.`);
    checkAnchor(item.sourceAnchor, at);
    if (typeof item.hash !== 'string' || !isPph1(item.hash)) {
      throw malformed(`${at}.hash must have the form v1;PPH1_MD4,<salt>,<iterations>,<hash>;`);
    }
    if (typeof item.changedAt !== 'string' || Number.isNaN(Date.parse(item.changedAt))) {
      throw malformed(`${at}.changedAt must be an ISO 8601 instant.`);
    }
  });
  return list as Credential[];
}

function storeCredential(context: TenantContext, credential: Credential): Result {
  const user = findUser(context, credential);
  const { features } = context.company.state;
  const refusal = refuseCredential(user && cloudView(user), credential.sourceAnchor, features);
  if (refusal || !user) return { ...failure(credential), ...errorMembers(refusal ?? ruleError('ObjectNotFound', {})) };
  const arrival = {
    passwordPolicies: typeof user.body.passwordPolicies === 'string' ? user.body.passwordPolicies : null,
    mustChange: credential.forceChangeOnLogon === true,
    first: user.internal.credential === undefined,
  };
  const effect = hashEffect(arrival, features);
  if (effect.kind === 'skipped')
    return {
      ...failure(credential),
      errorCode: 'ForcePasswordChangeNotEnabled',
      errorDescription: effect.reason,
    };
  const { hash, changedAt } = credential;
  const stored: StoredCredential = { hash, changedAt, forceChange: effect.forceChange, synced: true };
  context.objects.update(user, {
    internal: { ...user.internal, credential: stored },
    body: { ...user.body, lastPasswordChangeDateTime: changedAt, passwordPolicies: effect.passwordPolicies },
  });
  return { sourceAnchor: credential.sourceAnchor, resultCode: 'Success' };
}

function findUser(context: TenantContext, credential: Credential): StoredObject | undefined {
  const id = credential.cloudAnchor === undefined ? undefined : idOfCloudAnchor(credential.cloudAnchor, 'User');
  const found =
    id === undefined ? context.objects.byAnchor(credential.sourceAnchor, 'user')[0] : context.objects.byId(id);
  return found?.deletedAt === undefined ? found : undefined;
}

const failure = (credential: Credential) => ({ sourceAnchor: credential.sourceAnchor, resultCode: 'Failure' as const });
