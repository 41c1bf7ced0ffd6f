/** What the language says about one place of a plan: taken from its JSON Schema, so that no question can lag behind it. */
import { planSchema } from '../plan-schema.ts';
import { stepsOf } from './draft.ts';

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  anyOf?: Schema[];
  type?: string | string[];
  enum?: string[];
  const?: string;
  pattern?: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  definitions?: Record<string, Schema>;
}

export interface Place {
  /** The question of the language; undefined: the language asks none here. */
  question: string | undefined;
  /** Its answers. */
  options: string[];
  /** Whether something else than an option may be written: a figure, a day, a currency. */
  takesFigure: boolean;
}

const whole = planSchema() as Schema;

const looked = new Map<string, Place>();

/** @param pointer a JSON pointer into a plan, also to what is not there yet */
export function placeAt(pointer: string): Place {
  const found = looked.get(pointer) ?? lookUp(pointer);
  looked.set(pointer, found);
  return found;
}

function lookUp(pointer: string): Place {
  let found = branchesOf(whole);
  for (const step of stepsOf(pointer)) found = found.flatMap((schema) => below(schema, step));
  const leaves = found.flatMap(branchesOf);
  const options = leaves.flatMap((leaf) => leaf.enum ?? (leaf.const === undefined ? [] : [leaf.const]));
  return {
    question: found.find(({ description }) => description !== undefined)?.description,
    options: [...new Set(options)],
    takesFigure: leaves.some(({ pattern }) => pattern !== undefined && !new RegExp(pattern).test('a')),
  };
}

function below(schema: Schema, step: string): Schema[] {
  return branchesOf(schema).flatMap(({ properties, additionalProperties, items }) => {
    if (items !== undefined) return [items];
    const own = properties?.[step];
    if (own !== undefined) return [own];
    return typeof additionalProperties === 'object' ? [additionalProperties] : [];
  });
}

function branchesOf(schema: Schema): Schema[] {
  if (schema.$ref !== undefined) {
    const target = whole.definitions?.[schema.$ref.replace('#/definitions/', '')];
    return target === undefined ? [] : branchesOf(target);
  }
  const inner = [...(schema.allOf ?? []), ...(schema.anyOf ?? [])];
  return inner.length === 0 ? [schema] : inner.flatMap(branchesOf);
}
