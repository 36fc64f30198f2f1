/** The types of the console, made from the schemas that the endpoints answer with (console/src/api/types.ts). Pure. */
import { z } from 'zod';
import { keptAlertSchema } from '../alerts/facts.ts';
import { auditSchema } from '../facts/audit.ts';
import { versionSchema } from '../facts/configuration.ts';
import { configurationDiffSchema, ruleChangeSchema } from '../facts/configuration-diff.ts';
import { countsSchema } from '../facts/counts.ts';
import { errorSchema, errorSummarySchema } from '../facts/errors.ts';
import { identitySchema } from '../facts/identities.ts';
import { hitSchema, objectErrorSchema } from '../facts/objects.ts';
import { deletePlanSchema, pendingSummarySchema } from '../facts/pending.ts';
import { precheckRowSchema, precheckSummarySchema } from '../facts/precheck.ts';
import { decisionSchema } from '../facts/precheck-table.ts';
import { counterSchema, runDetailSchema, runSchema } from '../facts/runs.ts';
import { alertSchema, cycleSchema, schedulerSchema, statusSchema } from '../facts/status.ts';
import {
  passwordChannelSchema,
  passwordDomainSchema,
  passwordErrorSchema,
  passwordStatusSchema,
  passwordUserSchema,
} from '../passwords/facts.ts';
import { workSchema } from './endpoints-runs.ts';
import { jobSchema } from './job-schema.ts';

/** What the console calls them. */
const named: Readonly<Record<string, z.ZodType>> = {
  Scheduler: schedulerSchema,
  Alert: alertSchema,
  KeptAlert: keptAlertSchema,
  Run: runSchema,
  Cycle: cycleSchema,
  Status: statusSchema,
  Counter: counterSchema,
  RunDetail: runDetailSchema,
  Work: workSchema,
  Job: jobSchema,
  Hit: hitSchema,
  ObjectError: objectErrorSchema,
  DeletePlan: deletePlanSchema,
  PendingSummary: pendingSummarySchema,
  ErrorRow: errorSchema,
  ErrorSummaries: errorSummarySchema,
  Counts: countsSchema,
  RuleChange: ruleChangeSchema,
  ConfigurationVersion: versionSchema,
  ConfigurationDiff: configurationDiffSchema,
  AuditLine: auditSchema,
  PrecheckSummary: precheckSummarySchema,
  PrecheckRow: precheckRowSchema,
  PrecheckDecision: decisionSchema,
  PasswordError: passwordErrorSchema,
  PasswordDomain: passwordDomainSchema,
  PasswordChannel: passwordChannelSchema,
  PasswordStatus: passwordStatusSchema,
  PasswordUser: passwordUserSchema,
  Identity: identitySchema,
};

interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly description?: string;
}

const head = `/**
 * What the API sends, as far as it has a name here. Made from the schemas of the endpoints (src/service/api/console-types.ts)
 * by CAUSEWAY_UPDATE_SCHEMAS=1 node --test test/service/published.test.ts: do not edit.
 */
// biome-ignore-all format: it is written by a program
`;

/** The text of the file. */
export function consoleTypes(): string {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'output', unrepresentable: 'any', uri: (id) => id }) as {
    schemas: Readonly<Record<string, JsonSchema>>;
  };
  const types = Object.keys(named).map((name) => `export type ${name} = ${typeOf(schemas[name] ?? {}, '')};\n`);
  return `${head}${types.join('')}`;
}

function typeOf(schema: JsonSchema, indent: string): string {
  const { $ref, anyOf, oneOf, allOf } = schema;
  if ($ref !== undefined) return $ref.replace(/^.*[#/]/, '');
  if (anyOf ?? oneOf) return union((anyOf ?? oneOf ?? []).map((s) => typeOf(s, indent)));
  if (allOf) return allOf.map((s) => typeOf(s, indent)).join(' & ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((v) => JSON.stringify(v)));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return types.length === 0 ? 'unknown' : union(types.map((t) => ofType(t, schema, indent)));
}

function ofType(type: string, schema: JsonSchema, indent: string): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'array': {
      if (schema.prefixItems) return `readonly [${schema.prefixItems.map((s) => typeOf(s, indent)).join(', ')}]`;
      const item = typeOf(schema.items ?? {}, indent);
      return item.includes(' | ') || item.startsWith('readonly ') ? `readonly (${item})[]` : `readonly ${item}[]`;
    }
    case 'object':
      return objectType(schema, indent);
    default:
      return type;
  }
}

function objectType({ properties, required = [], additionalProperties }: JsonSchema, indent: string): string {
  if (!properties) {
    const value = typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent) : 'unknown';
    return `Readonly<Record<string, ${value}>>`;
  }
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const told =
      member.description === undefined ? '' : `${inner}/** ${member.description.replaceAll('*/', '* /')} */\n`;
    return `${told}${inner}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(member, inner)};`;
  });
  return members.length === 0 ? 'Readonly<Record<string, unknown>>' : `{\n${members.join('\n')}\n${indent}}`;
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ') || 'never';
