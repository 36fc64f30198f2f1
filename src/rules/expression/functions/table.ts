/** Every function of the language by its name. */
import { certificateFunctions } from './certificate.ts';
import { conversionFunctions } from './conversion.ts';
import { dateFunctions } from './date.ts';
import { directoryFunctions } from './directory.ts';
import { evaluationFunctions } from './evaluation.ts';
import { flowFunctions } from './flow.ts';
import type { FunctionSpec } from './function-spec.ts';
import { listFunctions } from './list.ts';
import { textFunctions } from './text.ts';

export const functionTable: ReadonlyMap<string, FunctionSpec> = new Map(
  [
    certificateFunctions,
    conversionFunctions,
    dateFunctions,
    directoryFunctions,
    evaluationFunctions,
    flowFunctions,
    listFunctions,
    textFunctions,
  ].flatMap((list) => list.map((spec) => [spec.name, spec] as const)),
);
