/** Source anchors (entra-directory s.1.6, sync-engine s.4.5). */
import { guidBytes, guidText } from '../model/guid.ts';

const forbidden = '\\!#$%&*+/=?^`{}|~<>()\';:,[]"@_';
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Whether the text is base64 as the engine makes it of 16 GUID bytes: 24 characters. */
export const isGuidAnchor = (anchor: string): boolean =>
  anchor.length === 24 && base64.test(anchor) && anchor.endsWith('==');

/** Whether the engine may have made the text of binary values; such anchors are exempt from the rules on characters. */
const isBase64 = (anchor: string): boolean => anchor.length % 4 === 0 && base64.test(anchor);

/** Length as the cloud counts it: characters other than letters and digits count three times. */
export function sourceAnchorLength(anchor: string): number {
  let length = 0;
  for (const character of anchor) length += /[A-Za-z0-9]/.test(character) ? 1 : 3;
  return length;
}

/** What is wrong with a source anchor, as one plain sentence; undefined if nothing is. `maximum` is exclusive. */
export function checkSourceAnchor(anchor: string, maximum: number): string | undefined {
  if (anchor === '') return 'The source anchor is empty.';
  const exempt = isBase64(anchor);
  const length = exempt ? anchor.length : sourceAnchorLength(anchor);
  if (length >= maximum) return `The source anchor counts ${length} characters; it must be fewer than ${maximum}.`;
  if (exempt) return undefined;
  const bad = [...anchor].find((c) => forbidden.includes(c));
  return bad === undefined ? undefined : `The source anchor contains the character '${bad}', which is not allowed.`;
}

/** Why Graph refuses a value of onPremisesImmutableId; undefined if it is fine (entra-directory s.1.6). */
export const checkImmutableIdInGraph = (value: string): string | undefined =>
  /[$_]/.test(value) ? "The characters '$' and '_' are not allowed in onPremisesImmutableId." : undefined;

/** The GUID text behind an anchor of 16 bytes (little-endian, as .NET writes them); undefined if it is no such anchor. */
export function guidOfAnchor(anchor: string): string | undefined {
  if (!isGuidAnchor(anchor)) return undefined;
  const bytes = Buffer.from(anchor, 'base64');
  return bytes.length === 16 ? guidText(bytes) : undefined;
}

/** The anchor of a GUID text; undefined if the text is no GUID. */
export const anchorOfGuid = (guid: string): string | undefined => guidBytes(guid)?.toString('base64');
