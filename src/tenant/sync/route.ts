import { syncPaths } from '../../entra/sync-protocol.ts';
import { syncClientPermission } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import { refusal, requestIds, respond } from '../graph/route.ts';
import { parseJson, readBody } from '../http.ts';
import type { TokenVerdict } from '../tokens/principal.ts';
import { isRecord, limits, malformed } from './batch.ts';
import { companyConfiguration, patchCompany } from './company.ts';
import { provisionCredentials } from './credentials.ts';
import { provision } from './provision.ts';
import { readBack } from './read-back.ts';

type Operation = (context: TenantContext, body: unknown) => unknown;

const operations: Readonly<Record<string, Operation>> = {
  [`GET ${syncPaths.capabilities}`]: () => ({ version: 2, ...limits }),
  [`GET ${syncPaths.company}`]: (context) => companyConfiguration(context),
  [`PATCH ${syncPaths.company}`]: patchCompany,
  [`POST ${syncPaths.provision}`]: (context, body) => {
    requireDirSync(context);
    return provision(context, body);
  },
  [`POST ${syncPaths.readBack}`]: readBack,
  [`POST ${syncPaths.finalize}`]: finalize,
  [`POST ${syncPaths.credentials}`]: (context, body) => {
    requireDirSync(context);
    return provisionCredentials(context, body);
  },
};

/** Answers one HTTP request under /sync/v1; errors have the shape of Graph's. */
export async function answerSync(
  context: TenantContext,
  verify: (header: string | null) => Promise<TokenVerdict>,
  request: Request,
): Promise<Response> {
  const ids = requestIds(context, request);
  try {
    const verdict = await verify(request.headers.get('authorization'));
    if (verdict.kind === 'refused') throw new RequestError(401, 'InvalidAuthenticationToken', verdict.message);
    if (!verdict.principal.permissions.has(syncClientPermission)) {
      throw new RequestError(
        403,
        'AccessDenied',
        `The app is not a synchronization client: it lacks the application permission ${syncClientPermission}.`,
      );
    }
    refuseWhileBusy(context);
    const { pathname } = new URL(request.url);
    const key = `${request.method} ${pathname}`;
    const operation = Object.hasOwn(operations, key) ? operations[key] : undefined;
    if (!operation) {
      throw new RequestError(404, 'Request_ResourceNotFound', 'The sync plane has no such operation.');
    }
    const body = request.method === 'GET' ? undefined : parseJson(await readBody(request, limits.maxBytes));
    const answer = operation(context, body);
    return respond(answer === undefined ? { status: 204 } : { status: 200, body: answer }, ids);
  } catch (error) {
    return respond(refusal(error, ids), ids);
  }
}

function requireDirSync(context: TenantContext): void {
  if (context.company.state.dirSyncEnabled === true) return;
  throw new RequestError(
    403,
    'DirSyncDisabled',
    'Directory synchronization is turned off for this tenant; turn it on in the organization before anything is exported.',
  );
}

function refuseWhileBusy(context: TenantContext): void {
  const until = context.company.state.switches.syncPlaneBusyUntil;
  const left = until === undefined ? 0 : Date.parse(until) - context.clock.now();
  if (left > 0) {
    const headers = { 'retry-after': String(Math.ceil(left / 1000)) };
    throw new RequestError(
      503,
      'ServerBusy',
      'The directory is currently busy; the operation will be retried automatically.',
      { headers },
    );
  }
}

function finalize(context: TenantContext, body: unknown): undefined {
  const counted = (v: unknown) => Number.isSafeInteger(v) && (v as number) >= 0;
  if (!isRecord(body) || !counted(body.totalExported) || !counted(body.successfulExportCount)) {
    throw malformed('The body must have the counts "totalExported" and "successfulExportCount".');
  }
  const machine = typeof body.clientMachineName === 'string' ? body.clientMachineName.slice(0, 256) : null;
  const last = { at: context.clock.iso(), total: body.totalExported, successful: body.successfulExportCount, machine };
  context.write(() => {
    context.settings.set('lastExport', last);
    context.company.update({ lastDirSyncTime: last.at });
  });
}
