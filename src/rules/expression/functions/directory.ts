/** Functions over distinguished names (sync-engine s.3.5). */
import { escapeDnValue, splitDn } from '../../../model/dn.ts';
import { isDn, type Machine, type Raw, textOf } from '../machine.ts';
import { smallOf } from '../number.ts';
import { single, TEXT } from '../types.ts';
import { type FunctionSpec, type Implementation, signature } from './function-spec.ts';

const dnOf = (m: Machine, v: Raw): string => (isDn(v) ? v.dn : textOf(m, v));

/**
 * The value part of a component as it is written in the DN, escapes included: the default rules look for the `\0ACNF:`
 * of a conflict object in it [C]. NULL if there is no such component [I].
 */
function valueOfComponent(components: readonly string[], number: Raw): Raw {
  if (number === undefined) return undefined;
  const component = components[smallOf(number) - 1];
  return component?.slice(component.indexOf('=') + 1).trim();
}

const component: Implementation = (m, a, b) =>
  a === undefined ? undefined : valueOfComponent(splitDn(dnOf(m, a)) ?? [], b);

/** The leaf of a DN is asked for on every object: its end is found without taking the rest apart. */
const leaf: Implementation = (m, a, b, c, d) => {
  const dn = isDn(a) ? a.dn : a;
  const comma = typeof dn === 'string' ? dn.indexOf(',') : -1;
  if (comma < 0 || typeof dn !== 'string' || dn.lastIndexOf('\\', comma) >= 0) return component(m, a, b, c, d);
  const equals = dn.indexOf('=');
  if (equals <= 0 || equals > comma) return undefined;
  const value = dn.slice(equals + 1, comma);
  return value.charCodeAt(0) > 32 && value.charCodeAt(value.length - 1) > 32 ? value : value.trim();
};

const componentFromRight: Implementation = (m, a, b, c) => {
  if (a === undefined) return undefined;
  const components = [...(splitDn(dnOf(m, a)) ?? [])].reverse();
  const skipDomain = c !== undefined && textOf(m, c) === 'DC';
  return valueOfComponent(skipDomain ? components.filter((part) => !/^dc\s*=/i.test(part)) : components, b);
};

/** The type of a component is kept when it is one that names objects: `EscapeDNComponent("cn=" & [displayName])`. */
const escapeComponent: Implementation = (m, a) => {
  if (a === undefined) return undefined;
  const value = textOf(m, a);
  const type = /^(?:cn|ou|dc|o|l|st|c|uid|street)=/i.exec(value)?.[0] ?? '';
  return type + escapeDnValue(value.slice(type.length));
};

function directory(name: string, sign: string, run: Implementation): FunctionSpec {
  return { name, category: 'directory', ...signature(sign), mapping: 'perValue', result: single(TEXT), run, cost: 4 };
}

export const directoryFunctions: readonly FunctionSpec[] = [
  {
    ...directory('DNComponent', 'ref|str dn, num number', component),
    prepare: ([, number]) => (number === 1 ? leaf : undefined),
  },
  directory('DNComponentRev', 'ref|str dn, num number, [enum options: DC]', componentFromRight),
  directory('EscapeDNComponent', 'str value', escapeComponent),
];
