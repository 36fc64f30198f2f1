/** Which case of the casebook a conflict is. Pure: decided from both sides and what the cloud said. */
import type { CaseCode } from '../findings/cases.ts';
import { attributesOf, text, texts } from '../findings/object.ts';
import { bare, domainOfSid, type Side, type Standing, sidOf } from './conflict-sides.ts';
import type { Conflict } from './conflicts.ts';

export function classify(
  conflict: Conflict,
  incoming: Side,
  holder: Side,
  standings: { readonly incoming: Standing; readonly holder: Standing },
): CaseCode {
  if (conflict.errorCode === 'ExistingAdminRoleConflict') return 'existing-admin-role-conflict';
  if (conflict.errorCode === 'ObjectTypeMismatch' || isOtherType(incoming, holder)) return 'object-type-mismatch';
  if (conflict.attribute === 'SourceAnchor') return 'duplicate-source-anchor';
  // Withheld for an owner that nobody can name: all that is known is what the cloud set aside.
  if (conflict.withheld && !holder.cloud && !holder.graph) return 'quarantined-attribute';
  if (holder.sources.length > 0) return duplicate(conflict, incoming, holder, standings);
  if (isSynchronized(holder)) return abandoned(conflict, incoming, holder);
  if (typeof holder.graph?.onPremisesImmutableId === 'string') return 'invalid-soft-match';
  if (conflict.errorCode === 'InvalidSoftMatch') return 'invalid-soft-match';
  return 'cloud-only-owner';
}

/** Mastered by a directory. An object of the cloud may have an anchor all the same: then it only waits for its match. */
const isSynchronized = (side: Side): boolean =>
  side.graph
    ? side.graph.onPremisesSyncEnabled === true
    : side.cloud !== undefined && attributesOf(side.cloud).cloudMastered !== true;

/** A user meets a group or a contact: nobody takes a value over from another class. */
const isOtherType = (incoming: Side, holder: Side): boolean =>
  incoming.objectType !== undefined &&
  holder.objectType !== undefined &&
  incoming.objectType !== holder.objectType &&
  // Two synced objects of different classes are a plain duplicate: the way out lies in the directory.
  holder.sources.length === 0;

function duplicate(
  conflict: Conflict,
  incoming: Side,
  holder: Side,
  standings: { readonly incoming: Standing; readonly holder: Standing },
): CaseCode {
  switch (conflict.attribute) {
    case 'UserPrincipalName':
      return 'duplicate-upn';
    case 'SipProxyAddress':
      return 'duplicate-sip';
    case 'OnPremiseSecurityIdentifier':
      return 'duplicate-sid';
    case 'Mail':
      return 'duplicate-mail';
    default:
      if (isStale(standings)) return 'stale-proxy-address';
      return onlyInMail(incoming, conflict.value) || onlyInMail(holder, conflict.value)
        ? 'duplicate-mail'
        : 'duplicate-proxy-address';
  }
}

/** The address stands in `mail` and not among the proxy addresses: that is the attribute to correct. */
const onlyInMail = (side: Side, value: string): boolean => {
  const wanted = bare(value).toLowerCase();
  return side.sources.some((row) => {
    const a = attributesOf(row);
    return (
      text(a, 'mail')?.toLowerCase() === wanted &&
      !texts(a, 'proxyAddresses').some((p) => bare(p).toLowerCase() === wanted)
    );
  });
};

/** Exactly one of the two is a person at work with a mailbox; the other was left behind. */
function isStale({ incoming, holder }: { readonly incoming: Standing; readonly holder: Standing }): boolean {
  const isLeft = (one: Standing, other: Standing) =>
    other.enabled !== false && ((one.enabled === false && other.enabled === true) || (!one.mailbox && other.mailbox));
  return isLeft(incoming, holder) !== isLeft(holder, incoming);
}

/**
 * The cloud object is synchronized, but no object of a directory stands behind it: the account has another anchor now.
 * Accounts made again in one domain get a SID of the same domain.
 */
function abandoned(conflict: Conflict, incoming: Side, holder: Side): CaseCode {
  const [now, before] = [domainOfSid(sidOf(incoming)), domainOfSid(sidOf(holder))];
  if (now !== undefined && before !== undefined)
    return now === before ? 'anchor-changed-recreated' : 'anchor-changed-forest-move';
  const [here, there] = [domainNameOf(incoming), domainNameOf(holder)];
  if (here !== undefined && there !== undefined && here !== there) return 'anchor-changed-forest-move';
  if (here !== undefined && here === there) return 'anchor-changed-recreated';
  return conflict.errorCode === 'InvalidSoftMatch' ? 'invalid-soft-match' : 'anchor-changed-recreated';
}

/** DNS name of the domain an object comes from, as it was sent to the cloud. */
function domainNameOf(side: Side): string | undefined {
  const graph = side.graph?.onPremisesDomainName;
  if (typeof graph === 'string' && graph !== '') return graph.toLowerCase();
  const sent = side.cloud ? text(attributesOf(side.cloud), 'dnsDomainName') : undefined;
  if (sent !== undefined) return sent.toLowerCase();
  const dn = side.sources[0]?.dn;
  const labels = dn?.match(/DC=[^,]+/gi)?.map((part) => part.slice(3));
  return labels ? labels.join('.').toLowerCase() : undefined;
}
