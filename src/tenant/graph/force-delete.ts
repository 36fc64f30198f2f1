import { isPrimarySmtp, isSmtp, primarySmtp, splitAddress } from '../../entra/keys.ts';
import { nameInInitialDomain } from '../../entra/quarantine.ts';
import { storeIndex } from '../cloud-object.ts';
import type { Domain } from '../company.ts';
import { ruleContext, ruleSettings } from '../rules.ts';
import type { Body, StoredObject } from '../store/objects.ts';
import type { GraphPlane } from './plane.ts';
import { badRequest } from './request.ts';

/** Objects that may refer to a domain that is deleted by force [M]. */
const mostReferences = 1000;

/**
 * Takes the domain out of the names and addresses of users, groups and contacts: sign-in names move to the initial domain,
 * addresses go. What a directory masters is calculated anew afterwards, when the domain is gone.
 */
export function releaseDomain(
  plane: GraphPlane,
  domain: Domain,
  referring: readonly StoredObject[],
  disable: boolean,
): void {
  if (referring.length > mostReferences) {
    throw badRequest(`The domain has more than ${mostReferences} references; remove some of them first.`);
  }
  const { context } = plane;
  for (const object of referring) {
    if (object.sync === true) continue;
    const body: Body = { ...object.body, ...withoutAddresses(object, domain), ...movedName(plane, object, domain) };
    const disabled = disable && object.kind === 'user' ? { accountEnabled: false } : {};
    context.objects.update(object, { body: { ...body, ...disabled } });
  }
}

const isIn = (address: string, domain: Domain): boolean => address.toLowerCase().endsWith(`@${domain.name}`);

function withoutAddresses(object: StoredObject, domain: Domain): Body {
  const before = (object.body.proxyAddresses ?? []) as readonly string[];
  const kept = before.filter((value) => !isSmtp(value) || !isIn(value, domain));
  if (kept.length === before.length && !isIn(String(object.body.mail ?? ''), domain)) return {};
  if (!kept.some(isPrimarySmtp)) {
    const first = kept.findIndex(isSmtp);
    if (first >= 0) kept[first] = `SMTP:${(kept[first] as string).slice(5)}`;
  }
  return { proxyAddresses: kept, mail: primarySmtp(kept) ?? null };
}

function movedName(plane: GraphPlane, object: StoredObject, domain: Domain): Body {
  const { context } = plane;
  const name = object.body.userPrincipalName;
  if (typeof name !== 'string' || !isIn(name, domain)) return {};
  const prefix = splitAddress(name)?.local ?? object.id;
  const rules = [storeIndex(context), ruleSettings(context), ruleContext(context)] as const;
  const moved = nameInInitialDomain(prefix, true, object.id, ...rules);
  if (moved === undefined) throw badRequest(`No name is free in the initial domain for '${name}'.`);
  return { userPrincipalName: moved };
}
