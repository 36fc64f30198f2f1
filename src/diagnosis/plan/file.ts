/** The plan as a file: sealed, so that what is executed is what was looked at. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Plan } from './model.ts';

export class PlanFileError extends Error {
  readonly code: 'plan-damaged' | 'plan-newer';
  constructor(code: PlanFileError['code'], message: string) {
    super(message);
    this.name = 'PlanFileError';
    this.code = code;
  }
}

const sealOf = (body: string): string => createHash('sha256').update(body).digest('hex');

/** Text of the file. The seal is the hash of everything before it. */
export function writePlanFile(plan: Plan): string {
  return `${JSON.stringify({ plan, seal: sealOf(JSON.stringify(plan)) }, undefined, 1)}\n`;
}

const hash = z.string().regex(/^[0-9a-f]{16,64}$/);
const target = z.looseObject({
  pending: hash,
  objects: z.array(
    z.looseObject({ cs: z.int(), dn: z.string(), operation: z.enum(['add', 'update', 'delete']), hash }),
  ),
  references: z.looseObject({ count: z.int().min(0), hash }),
});
const planFile = z.looseObject({
  seal: hash,
  plan: z.looseObject({
    causewayPlan: z.literal(1),
    created: z.iso.datetime(),
    connectors: z.array(
      z.looseObject({ connector: z.string(), deletes: z.looseObject({ count: z.int(), hash, isHeld: z.boolean() }) }),
    ),
    inputs: z.looseObject({
      rules: z.string().min(1),
      watermarks: z.record(z.string(), z.string()),
      targets: z.record(z.string(), target),
    }),
  }),
});

/** The plan of a file. Throws a PlanFileError that names what is wrong and where. */
export function readPlanFile(content: string, name: string): Plan {
  // Editors put a byte order mark in front; what follows is the same plan.
  const text = content.replace(/^\ufeff/, '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(`${name} is not a plan: ${placeOf(text)}.`);
  }
  const version = (value as { plan?: { causewayPlan?: unknown } } | null)?.plan?.causewayPlan;
  if (typeof version === 'number' && version > 1)
    throw new PlanFileError(
      'plan-newer',
      `${name} was made by a newer Causeway (format ${version}, this one knows 1). Make a new one with "causeway plan --out FILE".`,
    );
  const parsed = planFile.safeParse(value);
  if (!parsed.success) throw damaged(`${name} is not a plan: ${problemOf(parsed.error.issues[0], value)}.`);
  const { plan, seal } = value as { plan: Plan; seal: string };
  if (sealOf(JSON.stringify(plan)) !== seal)
    throw damaged(`${name} was changed after it was made: its content does not fit its seal.`);
  return plan;
}

const damaged = (text: string): PlanFileError =>
  new PlanFileError('plan-damaged', `${text} Make a new one with "causeway plan --out FILE".`);

/** What is wrong with one place of the document. */
function problemOf(issue: z.core.$ZodIssue | undefined, document: unknown): string {
  const path = issue?.path.map(String) ?? [];
  if (path.length === 0) return 'it is JSON, but no object with "plan" and "seal"';
  const found = path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
  const place = path.join('.');
  return found === undefined ? `it has no "${place}"` : `"${place}" is not what a plan has there (${issue?.message})`;
}

/** Longest text in which the place of a mistake is looked for, in characters; each look reads it once more. */
const searched = 64 * 1024 * 1024;

/** Line and column of the first character that is not JSON. Messages of the engine name it only sometimes. */
function placeOf(text: string): string {
  if (text.trim() === '') return 'it is empty';
  if (text.length > searched) return 'it is not JSON';
  // The longest beginning that only lacks its end is all right up to there.
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  const before = text.slice(0, good).split('\n');
  if (good === text.length) return `it is cut off, after line ${before.length}`;
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} is not JSON`;
}

/** Whether something could follow that makes the text JSON. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const at = /position (\d+)/.exec(message)?.[1];
    return at === undefined ? /end of JSON|[Uu]nterminated/.test(message) : Number(at) >= text.length;
  }
}
