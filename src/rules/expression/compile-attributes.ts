/** Closures that read attributes. References are counted, and listed only where an expression needs them. */
import type { Attributes, AttributeValue } from '../../model/value.ts';
import { isEmptyTextValue, isNullValue, isPresentValue } from './functions/evaluation.ts';
import { type Code, isList, listOf, type Machine, type Raw } from './machine.ts';
import { defaultSingleReferences } from './reference-attributes.ts';
import type { ExpressionSchema } from './types.ts';

type Reader = (values: Attributes) => AttributeValue | undefined;

/** Reads the attribute of a plain record; names that every JavaScript object has are looked up with care. */
function readerOf(name: string): Reader {
  if (!(name in Object.prototype)) return (values) => values[name];
  return (values) => (Object.hasOwn(values, name) ? values[name] : undefined);
}

/** The value of `[name]`: also `dn`, and the references if the attribute has no other values. */
export function attributeCode(name: string, schema: ExpressionSchema | undefined): Code {
  const read = readerOf(name);
  const kind = schema?.attribute(name);
  if (name === 'dn') return (m) => m.view.values.dn ?? m.view.dn;
  if (kind && kind.type !== 'reference') {
    return name in Object.prototype ? (m) => read(m.view.values) : (m) => m.view.values[name];
  }
  // Without a schema the number of values must not decide whether an attribute is single-valued.
  const isSingle = kind ? !kind.multiValued : defaultSingleReferences.has(name);
  if (name in Object.prototype) return (m) => read(m.view.values) ?? referencesOf(m, name, isSingle);
  return (m) => m.view.values[name] ?? referencesOf(m, name, isSingle);
}

function referencesOf(m: Machine, name: string, isSingle: boolean): Raw {
  const count = m.view.referenceCount(name);
  if (count === 0) return undefined;
  m.charge(count);
  const references = m.view.references(name);
  return isSingle ? references[0] : references;
}

/** What `ImportedValue` gives: the value confirmed by import. */
export function importedCode(name: string): Code {
  const read = readerOf(name);
  return (m) => read(m.view.imported);
}

/** The number of values, of references or others. */
export function valueCountCode(name: string): Code {
  const read = readerOf(name);
  return (m) => {
    const value = read(m.view.values);
    if (value === undefined) return name === 'dn' && m.view.dn !== undefined ? 1 : m.view.referenceCount(name);
    return isList(value) ? value.length : 1;
  };
}

/** Answers to a test of a value that is there; `undefined` stands for a function that is none of these. */
const tests: Readonly<Record<string, { whenAbsent: (count: number) => boolean; of: (value: Raw) => boolean }>> = {
  IsPresent: { whenAbsent: (count) => count > 0, of: isPresentValue },
  IsNullOrEmpty: { whenAbsent: (count) => count === 0, of: (value) => !isPresentValue(value) },
  IsNull: { whenAbsent: (count) => count === 0, of: isNullValue },
  IsEmpty: { whenAbsent: () => false, of: isEmptyTextValue },
};

/**
 * The closure of a function that asks about `[name]` and needs at most the number of its references, never the
 * references themselves; undefined if the function is another one.
 */
export function questionCode(
  functionName: string,
  name: string,
  at: number,
  lenient: boolean,
  schema: ExpressionSchema | undefined,
): Code | undefined {
  const read = readerOf(name);
  const kind = schema?.attribute(name);
  const count = (m: Machine): number =>
    kind && kind.type !== 'reference'
      ? 0
      : name === 'dn'
        ? Number(m.view.dn !== undefined)
        : m.view.referenceCount(name);
  if (functionName === 'Count') {
    return (m) => {
      const value = read(m.view.values);
      if (value === undefined) return count(m);
      m.at = at;
      return listOf(m, lenient && !isList(value) ? [value] : value).length;
    };
  }
  if (!Object.hasOwn(tests, functionName)) return undefined;
  const { whenAbsent, of } = tests[functionName]!;
  if (name in Object.prototype) {
    return (m) => {
      const value = read(m.view.values);
      return value === undefined ? whenAbsent(count(m)) : of(value);
    };
  }
  const whenText = of('x');
  return (m) => {
    const value = m.view.values[name];
    if (typeof value === 'string' && value !== '') return whenText;
    return value === undefined ? whenAbsent(count(m)) : of(value);
  };
}
