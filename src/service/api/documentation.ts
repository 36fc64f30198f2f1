/** The API as a page to read (docs/api.md), made from the endpoints themselves. Pure. */
import { z } from 'zod';
import { roleTitle } from '../sign-in/roles.ts';
import type { Endpoint } from './endpoint.ts';

const introduction = `# HTTP API

The service answers under \`/api/v1\` with JSON. \`GET /api/v1/openapi.json\` has the whole of it for programs: this page is made from
the same source (\`CAUSEWAY_UPDATE_SCHEMAS=1 node --test test/service/published.test.ts\` writes it).

## Who asks
- **Browsers** sign in (one-time link, or OpenID Connect) and have a session cookie, \`HttpOnly\` and \`SameSite=Strict\`.
  \`GET /session\` tells who is signed in and gives the \`csrf\` token, which has to come back in the header \`x-csrf-token\` with
  everything that changes something.
- **Programs on the same machine** send \`Authorization: Bearer\` with the token in the file \`service-token\` of the state directory,
  which only the user who runs the service can read. \`x-causeway-user\` names a person for the audit log.

| Path | Does |
|---|---|
| \`GET /session\` | who is signed in; needs no sign-in |
| \`DELETE /session\` | signs out |
| \`GET /events\` | server-sent events: \`work\` (what the engine does, with progress), \`state\` (as \`GET /status\`), \`log\`, \`job\` |
| \`GET /openapi.json\` | the OpenAPI 3.1 document; needs no sign-in |

Outside of \`/api/v1\`: \`/sign-in/link?code=…\`, \`/sign-in/openid-connect\` and \`/sign-in/callback\`; everything else is the console.

## Manners
- Lists come in pages: \`{ "items": […], "next": "…" }\`. Pass \`next\` as \`cursor\`; null is the end. \`limit\` is 50, at most 200.
  \`GET /diagnosis\` is its own form: \`findings\`, worst first, with \`total\` and \`next\`.
- Not in pages is what grows with the configuration and not with the population: rules, rule files, lint, drafts, the error summary (one
  line for each kind of error), connectors; and jobs and work, of which the last ones are kept.
- Errors are \`{ "error": { "code": "…", "message": "…", "facts": {…} } }\`: the code is stable, the message is whole sentences, the same
  that the command line tells. 400 wrong input, 401 not signed in, 403 not allowed (the message says who may), 404 not there, 409 not
  now, 422 rules with problems (in \`facts\`), 429 too often, 503 the engine is being started again.
- Instants are UTC text, unless a description says milliseconds. Binary values are \`{"base64": …}\`, references \`{"dn": …}\`.
- Every change stands in the audit log with who, what, before and after; refused attempts, too.
- Everybody who is signed in is at least a viewer; an administrator may do everything.
`;

export function apiDocumentation(endpoints: readonly Endpoint[]): string {
  const groups = new Map<string, Endpoint[]>();
  for (const e of endpoints) groups.set(e.group, [...(groups.get(e.group) ?? []), e]);
  const parts = [...groups].map(([group, list]) =>
    [`## ${group}`, '', '| Request | Takes | Does | Who |', '|---|---|---|---|', ...list.map(row)].join('\n'),
  );
  return `${introduction}\n${parts.join('\n\n')}\n`;
}

function row(e: Endpoint): string {
  const takes = [...names(e.query, '?'), ...names(e.body, '')].join(', ');
  const who = e.role === 'viewer' ? '' : roleTitle(e.role);
  return `| \`${e.method.toUpperCase()} ${e.path}\` | ${takes} | ${e.summary.replaceAll('|', '\\|')} | ${who} |`;
}

/** Names of the members of a schema; optional ones in brackets. */
function names(schema: z.ZodType | undefined, before: string): string[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.keys(properties).map((name) =>
    required.includes(name) ? `\`${before}${name}\`` : `[\`${before}${name}\`]`,
  );
}
