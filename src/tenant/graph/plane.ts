import type { TenantContext } from '../context.ts';
import type { PageTokens } from './page-token.ts';

/** What handlers of the Graph plane work with. */
export interface GraphPlane {
  readonly context: TenantContext;
  readonly tokens: PageTokens;
}
