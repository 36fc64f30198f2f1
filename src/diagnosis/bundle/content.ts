/** What a support bundle tells of findings and of single objects. */
import type { AttributeValue } from '../../model/value.ts';
import { valuesOf } from '../../model/value.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../../sync/context.ts';
import { describe } from '../describe.ts';
import { explainObject } from '../explain/explain.ts';
import type { ObjectExplanation } from '../explain/model.ts';
import type { Found } from '../find.ts';
import type { Finding } from '../findings/finding.ts';
import { historyOf } from '../history/history.ts';

/** A finding without the sentences and commands that quote values of objects. */
export function findingFacts(finding: Finding): unknown {
  const { id, code, severity, predicted, errorCode, attribute, title, objects, evidence, fix, firstSeen, lastSeen } =
    finding;
  return {
    ...{ id, code, severity, what: title, predicted, errorCode, attribute, firstSeen, lastSeen },
    objects: objects.slice(0, 20).map(({ role, connector, dn, objectType }) => ({ role, connector, dn, objectType })),
    numberOfObjects: objects.length,
    evidence: evidence.map((e) => ({ from: e.source })),
    fixes: fix.map(({ where, language, applicable }) => ({ where, language, applicable })),
  };
}

/** One object with everything that belongs to it: what is stored, why it is or is not in the cloud, its past. */
export function objectFacts(engine: Engine, reference: string, found: Found): unknown {
  const told: ObjectExplanation = explainObject(engine, reference, found);
  const { gate } = told;
  return {
    description: describe(engine.store, found),
    explanation: {
      inCloud: told.inCloud,
      lane: told.lane.stations.map(({ station, state }) => ({ station, state })),
      brokenBefore: told.lane.brokenBefore,
      ...(gate
        ? { gate: { gate: gate.gate, code: gate.code, state: gate.state, rule: gate.rule, attribute: gate.attribute } }
        : {}),
    },
    history: historyOf(engine.store, found),
  };
}

/** Words that are no values of anybody, although objects may have them: names of connectors, domains, types, rules, attributes. */
export function vocabularyOf(engine: Engine): Set<string> {
  const words = new Set(['user', 'group', 'contact', 'device', 'computer', 'person', 'true', 'false', 'default']);
  const add = (text: string) => void words.add(text.toLowerCase());
  for (const { row, settings } of engine.all) {
    for (const name of [row.name, ...row.name.split('.'), ...settings.objectTypes]) add(name);
    for (const { name } of engine.store.records.partitions(row.id)) for (const part of name.split(/[,=.]/)) add(part);
  }
  for (const { rule, flows } of engine.ruleSet.rules) {
    for (const name of [rule.name, rule.id.split('@')[0]!, rule.sourceObjectType, rule.targetObjectType]) add(name);
    for (const { target } of flows) add(target);
  }
  return words;
}

/** Texts among the values of identities and their objects: whatever stands in a sentence about them. */
export function valuesOfObjects(store: Store, ids: Iterable<Found>, vocabulary: ReadonlySet<string>): Set<string> {
  const values = new Set<string>();
  const add = (attributes: string | null | undefined) => {
    for (const value of Object.values(JSON.parse(attributes ?? '{}') as Record<string, AttributeValue>))
      for (const one of valuesOf(value))
        if (typeof one === 'string' && !vocabulary.has(one.toLowerCase())) values.add(one);
  };
  for (const { mv, cs } of ids) {
    if (mv !== null) add(store.mv.get(mv)?.attributes);
    for (const id of cs) add(store.cs.get(id)?.attributes);
  }
  return values;
}
