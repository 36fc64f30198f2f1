/** Credentials over the sync plane (entra-directory s.6.2). */
import type { SyncClient } from '../connectors/entra/sync-client.ts';
import { type CredentialBatch, type CredentialResponse, syncPaths } from '../entra/sync-protocol.ts';
import type { CredentialTarget } from './contract.ts';
import { CloudPasswordError } from './sender.ts';

/** A target that speaks through the client of the Entra connector. `endpoint` is its URL, for messages. */
export function createSyncPlaneTarget(client: Pick<SyncClient, 'call'>, endpoint: string): CredentialTarget {
  return {
    endpoint,
    send: async (batch: CredentialBatch, signal: AbortSignal): Promise<CredentialResponse> => {
      const answer = await client.call<CredentialResponse>('POST', syncPaths.credentials, batch, signal);
      if (answer.kind === 'ok') return answer.value;
      const detail = answer.kind === 'refused' ? `${answer.code}: ${answer.message}` : answer.detail;
      throw new CloudPasswordError(
        'password-sync-cloud-failure',
        `Passwords cannot be sent to ${endpoint}: ${detail}`,
        'They are sent again in the next cycle. If it stays, check the connection and the permissions of the app.',
      );
    },
  };
}
