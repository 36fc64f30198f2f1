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
export function readPlanFile(text: string, name: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(`${name} is not a plan: ${placeOf(text, error)}.`);
  }
  const version = (value as { plan?: { causewayPlan?: unknown } } | null)?.plan?.causewayPlan;
  if (typeof version === 'number' && version > 1)
    throw new PlanFileError(
      'plan-newer',
      `${name} was made by a newer Causeway (format ${version}, this one knows 1).`,
    );
  const parsed = planFile.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw damaged(`${name} is not a plan: ${issue?.path.map(String).join('.') || 'the file'}: ${issue?.message}.`);
  }
  const { plan, seal } = value as { plan: Plan; seal: string };
  if (sealOf(JSON.stringify(plan)) !== seal)
    throw damaged(`${name} was changed after it was made: its content does not fit its seal.`);
  return plan;
}

const damaged = (text: string): PlanFileError =>
  new PlanFileError('plan-damaged', `${text} Make a new one with "causeway plan --out FILE".`);

/** Line and column of a syntax error, from the offset in the engine's message. */
function placeOf(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} is not JSON`;
}
