/** Replication in this very process: the hashes of a page stay in it until the page is released. */
import type { ReplicatedAccount } from '../connectors/active-directory/replication/account.ts';
import {
  openReplication,
  type Replication,
  type ReplicationOptions,
} from '../connectors/active-directory/replication/client.ts';
import { filetimeToMs } from '../model/filetime.ts';
import type { PasswordAccount, PasswordPage, PasswordSession } from './contract.ts';
import { transformHashes } from './transformation.ts';

export async function openDirectSession(options: ReplicationOptions): Promise<PasswordSession> {
  const replication = await openReplication(options);
  return {
    endpoint: replication.endpoint,
    clockSkewMs: replication.clockSkewMs,
    changes: (namingContext, watermark) => readAhead(replication, namingContext, watermark),
    single: async (objectGuid) => {
      const account = await replication.single(objectGuid);
      return account && holdPage([account], { watermark: '', more: false, estimatedTotal: 1 });
    },
    close: async () => replication.close(),
  };
}

/** The next page is already under way while others are worked on. Who got a page releases it. */
async function* readAhead(
  replication: Replication,
  namingContext: string,
  watermark?: string,
): AsyncGenerator<PasswordPage> {
  const pages = replication.changes(namingContext, watermark);
  const fetch = async (): Promise<PasswordPage | undefined> => {
    const next = await pages.next();
    return next.done ? undefined : holdPage(next.value.objects, next.value);
  };
  let following = fetch();
  try {
    for (let page = await following; page; page = await following) {
      following = fetch();
      // Whoever awaits it next sees the failure; until then it must not count as unhandled.
      following.catch(() => undefined);
      yield page;
    }
  } finally {
    void following.then(
      (page) => page?.release(),
      () => undefined,
    );
  }
}

function holdPage(
  objects: readonly ReplicatedAccount[],
  rest: { readonly watermark: string; readonly more: boolean; readonly estimatedTotal: number },
): PasswordPage {
  const hashes = new Map<string, Buffer>();
  for (const { objectGuid, ntHash } of objects) {
    if (!ntHash) continue;
    hashes.set(objectGuid, Buffer.from(ntHash));
    ntHash.fill(0);
  }
  return {
    accounts: objects.map(withoutHash),
    watermark: rest.watermark,
    more: rest.more,
    estimatedTotal: rest.estimatedTotal,
    transform: async (objectGuids) => {
      // Copies, because the page may be released while they are being worked on: a wiped hash must never be transformed.
      const copies = objectGuids.map((guid) => {
        const hash = hashes.get(guid);
        if (!hash) throw new TypeError(`the page holds no password of ${guid}`);
        return Buffer.from(hash);
      });
      try {
        return await transformHashes(copies);
      } finally {
        for (const copy of copies) copy.fill(0);
      }
    },
    release: () => {
      for (const hash of hashes.values()) hash.fill(0);
      hashes.clear();
    },
  };
}

function withoutHash(account: ReplicatedAccount): PasswordAccount {
  const { ntHash, pwdLastSet, passwordChangedAt, unreadable, ...rest } = account;
  const changed = pwdLastSet !== undefined && pwdLastSet > 0n ? filetimeToMs(pwdLastSet) : passwordChangedAt;
  return {
    ...rest,
    password: stateOf(account),
    ...(unreadable === undefined ? {} : { detail: unreadable }),
    ...(pwdLastSet === undefined ? {} : { mustChange: pwdLastSet === 0n }),
    ...(changed ? { changedAt: changed } : {}),
  };
}

function stateOf({ ntHash, unreadable }: ReplicatedAccount): PasswordAccount['password'] {
  if (unreadable !== undefined) return 'unreadable';
  if (ntHash === undefined) return 'unchanged';
  return ntHash === null ? 'removed' : 'present';
}
