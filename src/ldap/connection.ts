/** The operations of LDAP over a channel. */
import type { Channel } from './channel.ts';
import type { Endpoint } from './endpoint.ts';
import { resultError } from './errors.ts';
import { addOperation, deleteOperation, extendedOperation, modifyOperation, renameOperation } from './requests.ts';
import { type ExtendedResult, RESPONSE } from './responses.ts';
import { Search } from './search.ts';
import type {
  LdapConnection,
  LdapControl,
  LdapEntry,
  LdapResult,
  ModifyChange,
  SearchRequest,
  SearchStream,
} from './types.ts';

export class Connection implements LdapConnection {
  readonly server: { readonly host: string; readonly port: number };
  readonly #channel: Channel;

  constructor(channel: Channel, endpoint: Endpoint) {
    this.server = { host: endpoint.host, port: endpoint.port };
    this.#channel = channel;
  }

  get closed(): boolean {
    return this.#channel.closed;
  }

  search(request: SearchRequest): SearchStream {
    return new Search(this.#channel, request);
  }

  searchPaged(request: SearchRequest & { readonly pageSize: number }): SearchStream {
    return new Search(this.#channel, request, request.pageSize);
  }

  async searchAll(request: SearchRequest): Promise<LdapEntry[]> {
    const all: LdapEntry[] = [];
    for await (const batch of this.search(request)) for (const entry of batch) all.push(entry);
    return all;
  }

  modify(dn: string, changes: readonly ModifyChange[], controls?: readonly LdapControl[]): Promise<LdapResult> {
    return this.#change(`the change of "${dn}"`, RESPONSE.modify, modifyOperation(dn, changes), controls);
  }

  add(
    dn: string,
    attributes: Readonly<Record<string, readonly (string | Buffer)[]>>,
    controls?: readonly LdapControl[],
  ): Promise<LdapResult> {
    return this.#change(`the creation of "${dn}"`, RESPONSE.add, addOperation(dn, attributes), controls);
  }

  delete(dn: string, controls?: readonly LdapControl[]): Promise<LdapResult> {
    return this.#change(`the deletion of "${dn}"`, RESPONSE.delete, deleteOperation(dn), controls);
  }

  rename(dn: string, to: { rdn: string; deleteOldRdn?: boolean; superior?: string }): Promise<LdapResult> {
    return this.#change(`the renaming of "${dn}"`, RESPONSE.rename, renameOperation(dn, to));
  }

  extended(oid: string, value?: Buffer): Promise<ExtendedResult> {
    return this.#change(`the extended operation ${oid}`, RESPONSE.extended, extendedOperation(oid, value));
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #change(
    what: string,
    expected: number,
    body: Buffer,
    controls?: readonly LdapControl[],
  ): Promise<ExtendedResult> {
    const result = await this.#channel.request(what, expected, body, controls);
    if (result.code !== 0) throw resultError(what, this.#channel.name, result);
    return result;
  }
}
