import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import { isRevokedSince } from './person.ts';
import { sealer } from './sealed.ts';

/** A browser in which somebody has signed in. */
export interface Session {
  readonly person: StoredObject;
  /** The claim `sid`. */
  readonly id: string;
  /** ms since 1970. */
  readonly signedInAt: number;
}

const cookieName = 'causeway-tenant-session';
/** A session ends after a day, or when the browser is closed. */
const lifetimeMs = 24 * 3600 * 1000;

const attributes = (secure: boolean) => `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;

/** The Set-Cookie value of a session that begins. */
export function sessionCookie(context: TenantContext, session: Session, secure: boolean): string {
  const { person, id, signedInAt } = session;
  const text = sealer(context, 'session').seal({ person: person.id, id, at: signedInAt });
  return `${cookieName}=${text}; ${attributes(secure)}`;
}
export const endedCookie = (secure: boolean): string => `${cookieName}=; Max-Age=0; ${attributes(secure)}`;

/** The session of the browser, if it still holds. */
export function sessionOf(context: TenantContext, request: Request): Session | undefined {
  const cookies = request.headers.get('cookie') ?? '';
  const text = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{1,2000})`).exec(cookies)?.[1];
  const content = text === undefined ? undefined : sealer(context, 'session').open(text);
  if (!content) return undefined;
  const signedInAt = Number(content.at);
  const person = context.objects.byId(String(content.person));
  if (!person || person.deletedAt !== undefined || person.body.accountEnabled === false) return undefined;
  if (signedInAt + lifetimeMs <= context.clock.now() || isRevokedSince(person, signedInAt)) return undefined;
  return { person, id: String(content.id), signedInAt };
}
