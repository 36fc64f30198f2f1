/** Certificates of an object: how many, and which have expired. Reads no more of them than it needs. */

import { bytesOf, isBinary, valuesOf } from '../../model/value.ts';
import { DerError, type DerValue, derChildren, derTime, readDer } from '../../rules/expression/der.ts';
import type { CheckContext } from './context.ts';
import type { PrecheckObject, Problem } from './model.ts';

/** End of validity in epoch milliseconds; undefined if the bytes are no certificate (RFC 5280 s.4.1). */
export function expiryOf(der: Buffer): number | undefined {
  try {
    const fields = derChildren(first(readDer(der)));
    // The version is optional and comes first; then serial number, algorithm, issuer, validity.
    const validity = fields[fields[0]?.tag === 0xa0 ? 4 : 3];
    const end = validity && derChildren(validity)[1];
    return end && derTime(end);
  } catch (error) {
    if (error instanceof DerError || error instanceof RangeError) return undefined;
    throw error;
  }
}
function first(value: DerValue): DerValue {
  const [child] = derChildren(value);
  if (!child) throw new DerError('empty value');
  return child;
}

/** Too many certificates, expired ones, and bytes that are none. */
export function* checkCertificates(object: PrecheckObject, { options, settings }: CheckContext): Generator<Problem> {
  for (const attribute of ['userCertificate', 'userSMIMECertificate'] as const) {
    const held = object.attributes[attribute];
    if (held === undefined) continue;
    const values = valuesOf(held).filter(isBinary);
    const expiries = values.map((v) => expiryOf(bytesOf(v)));
    const expired = values.filter((_, i) => (expiries[i] ?? Number.POSITIVE_INFINITY) < options.now);
    const changes = [{ operation: 'delete' as const, attribute, values: expired }];
    const limit = settings.limits.certificates;
    const unreadable = expiries.filter((e) => e === undefined).length;
    const summary = `${values.length} values`;
    if (values.length > limit && object.type !== 'computer') {
      const left = values.length - expired.length;
      yield {
        errors: ['Certificate'],
        code: 'too-many-certificates',
        attribute,
        value: summary,
        ...(expired.length === 0 ? {} : { update: `${left} values`, action: 'REMOVE' as const, changes }),
        confidence: expired.length > 0 && left <= limit ? 'high' : 'low',
        reason: `There are ${values.length} certificates; the cloud takes ${limit}, so the rules send none. ${expired.length} of them have expired${left > limit ? `, and the ${left} others are still too many` : ''}.`,
        severity: 'error',
        errorCode: 'LargeObject',
      };
    } else if (expired.length > 0 && object.type !== 'computer') {
      yield {
        errors: ['Certificate'],
        code: 'expired-certificate',
        attribute,
        value: summary,
        update: `${values.length - expired.length} values`,
        action: 'REMOVE',
        changes,
        confidence: 'medium',
        reason: `${expired.length} of ${values.length} certificates have expired. Old mail encrypted for them can still be read without this attribute.`,
        severity: 'info',
      };
    }
    // A file in PEM may be taken for one by some programs, never by the cloud.
    if (unreadable > 0) {
      yield {
        errors: ['Certificate'],
        code: 'invalid-certificate',
        attribute,
        value: summary,
        reason: `${unreadable} of ${values.length} values are no certificates in DER.`,
        root: `${object.id} ${attribute} unreadable`,
      };
    }
  }
}
