/** The plan language for editors: they complete names, show each open choice with its question, and mark what is wrong. */
import { z } from 'zod';
import { FullPlan } from './language/full-plan.ts';

/**
 * JSON Schema (draft-07, which every YAML editor reads) of a plan with rules. It says the shape; what only the whole plan
 * shows (gaps between bands, names that lead nowhere) is found by `plan check`.
 */
export function planSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(FullPlan, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path }) => {
      if (path.at(-1) !== 'propertyNames') asEditorsRead(jsonSchema);
      askQuestion(zodSchema, jsonSchema);
    },
  });
  const about = {
    $id: 'urn:tributary:plan',
    title: 'Tributary commission plan',
    description: 'A plan with rules, as docs/plan-language.md describes it.',
  };
  return { $schema, ...about, ...rest };
}

/**
 * We read every scalar as the text it was written as; an editor has made a number of 12.10, and a boolean of true, before
 * it looks here. Without this it would mark every figure as wrong.
 */
function asEditorsRead(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.type !== 'string' || schema.enum !== undefined || schema.const !== undefined) return;
  const allowed = new RegExp(schema.pattern ?? '');
  const types = ['string'];
  if (allowed.test('12.5')) types.push('number');
  else if (allowed.test('12')) types.push('integer');
  if (allowed.test('true')) types.push('boolean');
  if (types.length === 1) return;
  Object.assign(schema, { type: types }, allowed.test('-1') ? {} : { minimum: 0 });
}

/** A union has its question in what it says when it is left open; a choice describes itself. */
function askQuestion(schema: z.core.$ZodTypes, into: z.core.JSONSchema.BaseSchema): void {
  const { def } = schema._zod;
  if (def.type !== 'union' || def.error === undefined) return;
  const message = z.safeParse(schema, undefined).error?.issues[0]?.message;
  if (message === undefined) return;
  const question = message.replace(/^(is left open: |must be )/, '');
  into.description = question.charAt(0).toUpperCase() + question.slice(1);
}
