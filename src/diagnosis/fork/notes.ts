/** What one thread of a fork has found so far. */

import type { PlanSample, PrivilegeChange } from '../plan/model.ts';
import {
  type Crossing,
  type FlowError,
  type ForkPart,
  type Join,
  type ReferenceChange,
  Tallies,
  type ValueChange,
} from './groups.ts';

const privilegeLimit = 1000;

export class ForkNotes {
  readonly entering = new Tallies<Crossing>();
  readonly leaving = new Tallies<Crossing>();
  readonly joins = new Tallies<Join>();
  readonly values = new Tallies<ValueChange>();
  readonly references = new Tallies<ReferenceChange>();
  readonly errors = new Tallies<FlowError>();
  readonly joinValues: ForkPart['joinValues'][number][] = [];
  readonly #privilege: PrivilegeChange[] = [];
  readonly #deletes = new Map<string, number>();

  deleted(connector: string): void {
    this.#deletes.set(connector, (this.#deletes.get(connector) ?? 0) + 1);
  }

  privileged(
    connector: string,
    what: PrivilegeChange['what'],
    who: PlanSample,
    roles: readonly string[],
    detail: string,
  ): void {
    if (this.#privilege.length >= privilegeLimit) return;
    this.#privilege.push({ connector, what, dn: who.dn, name: who.name, roles, detail });
  }

  part(identities: number, changed: number): ForkPart {
    return {
      entering: this.entering.list(),
      leaving: this.leaving.list(),
      joins: this.joins.list(),
      values: this.values.list(),
      references: this.references.list(),
      errors: this.errors.list(),
      privilege: this.#privilege,
      deletes: Object.fromEntries(this.#deletes),
      identities,
      changed,
      joinValues: this.joinValues,
    };
  }
}
