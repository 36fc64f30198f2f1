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
  if (name === 'dn') return (m) => read(m.view.values) ?? m.view.dn;
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

/** Functions of one attribute that need the number of its references and never the references themselves. */
const questions: Readonly<Record<string, (value: Raw, m: Machine) => Raw>> = {
  IsPresent: (v) => isPresentValue(v),
  IsNullOrEmpty: (v) => !isPresentValue(v),
  IsNull: (v) => isNullValue(v),
  IsEmpty: (v) => isEmptyTextValue(v),
  Count: (v, m) => listOf(m, v).length,
};
const answersForReferences: Readonly<Record<string, (count: number) => Raw>> = {
  IsPresent: (count) => count > 0,
  IsNullOrEmpty: (count) => count === 0,
  IsNull: (count) => count === 0,
  IsEmpty: () => false,
  Count: (count) => count,
};

/** The closure of such a function over `[name]`, or undefined if the function is another one. */
export function questionCode(functionName: string, name: string, at: number, lenient: boolean): Code | undefined {
  if (!Object.hasOwn(questions, functionName)) return undefined;
  const ask = questions[functionName]!;
  const answer = answersForReferences[functionName]!;
  const read = readerOf(name);
  return (m) => {
    const value = read(m.view.values) ?? (name === 'dn' ? m.view.dn : undefined);
    if (value === undefined) return answer(m.view.referenceCount(name));
    m.at = at;
    return ask(lenient && !isList(value) && functionName === 'Count' ? [value] : value, m);
  };
}
