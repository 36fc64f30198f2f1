import type { StoredObject } from '../store/objects.ts';
import { objectColumns } from '../store/objects.ts';
import type { Kind } from '../store/properties.ts';
import type { GraphPlane } from './plane.ts';
import { odataType, renderObject } from './render.ts';
import { badRequest, type GraphAnswer, type GraphRequest, notImplemented } from './request.ts';
import { readSelection, readTop } from './select.ts';

/** A page of all live objects of a kind. */
export function listCollection(plane: GraphPlane, request: GraphRequest, kind: Kind, path: string): GraphAnswer {
  const selection = readSelection(request, kind);
  for (const option of ['$filter', '$search', '$orderby', '$expand']) {
    if (request.query.has(option)) throw notImplemented(`the query option ${option}`);
  }
  const top = readTop(request);
  const after = readAfter(plane, request, path);
  const rows = plane.context.objects.many(
    `SELECT ${objectColumns} FROM object o WHERE o.kind = ? AND o.deleted_at IS NULL AND o.seq > ? ORDER BY o.seq LIMIT ?`,
    kind,
    after,
    top + 1,
  );
  return page(plane, request, path, rows, top, (o) => renderObject(o, selection.names), selection.suffix);
}

/** A page of objects of several kinds, each with its type. */
export function listLinked(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  fetch: (after: number, limit: number) => StoredObject[],
): GraphAnswer {
  const top = readTop(request);
  const rows = fetch(readAfter(plane, request, path), top + 1);
  const render = (o: StoredObject) => ({
    '@odata.type': odataType(o.kind),
    ...renderObject(o, readSelection(request, o.kind).names),
  });
  return page(plane, request, path, rows, top, render, '');
}

function readAfter(plane: GraphPlane, request: GraphRequest, path: string): number {
  const token = request.query.get('$skiptoken');
  if (token === undefined) return 0;
  const content = plane.tokens.open(token);
  if (content?.p !== path || typeof content.a !== 'number')
    throw badRequest('The $skiptoken is not valid for this request.');
  return content.a;
}

function page(
  plane: GraphPlane,
  request: GraphRequest,
  path: string,
  rows: readonly StoredObject[],
  top: number,
  render: (object: StoredObject) => object,
  suffix: string,
): GraphAnswer {
  const shown = rows.slice(0, top);
  const body: Record<string, unknown> = { '@odata.context': `${request.base}/$metadata#${path}${suffix}` };
  if (rows.length > top) {
    const token = plane.tokens.seal({ p: path, a: shown.at(-1)?.seq });
    const rest = [...request.query].filter(([name]) => name !== '$skiptoken');
    const options = [...rest, ['$skiptoken', token] as const].map(([n, v]) => `${n}=${encodeURIComponent(v)}`);
    body['@odata.nextLink'] = `${request.base}/${path}?${options.join('&')}`;
  }
  body.value = shown.map(render);
  return { status: 200, body };
}
