import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import type { PageTokens } from './page-token.ts';
import type { GraphAnswer, GraphRequest } from './request.ts';
import type { Throttle } from './throttle.ts';

/** What handlers of the Graph plane work with. */
export interface GraphPlane {
  readonly context: TenantContext;
  readonly tokens: PageTokens;
  readonly throttle: Throttle;
  /** Deletes an object that was addressed through a relation. */
  removeObject(request: GraphRequest, object: StoredObject): GraphAnswer;
}
