/** Which deals a rule is for: tests on facts of the deal, its partner, its event or a line item. */
import { z } from 'zod';
import { choice } from './choices.ts';

const Value = z.string().min(1);
const Values = z.union([Value, z.array(Value).min(1)]).transform((one) => (Array.isArray(one) ? one : [one]));
/** Numbers are compared as numbers, days as days. */
const Bound = z
  .string()
  .regex(/^(-?\d{1,15}(\.\d{1,12})?|\d{4}-\d{2}-\d{2})$/, 'must be a number or a day (YYYY-MM-DD)');

const Test = z
  .strictObject({
    fact: Value,
    is: Values.optional(),
    isNot: Values.optional(),
    atLeast: Bound.optional(),
    above: Bound.optional(),
    atMost: Bound.optional(),
    below: Bound.optional(),
    /** What a deal without this fact is. Absent: it is held, because nobody guesses. */
    unknown: choice('What is a deal that lacks this fact?', ['hold', 'passes', 'fails']).optional(),
  })
  .refine(
    ({ fact: _, unknown: __, ...tests }) => Object.values(tests).some((test) => test !== undefined),
    'tests nothing: give is, isNot, atLeast, above, atMost or below',
  );
export type Test = z.infer<typeof Test>;

export type Condition = Test | { any: Condition[] } | { none: Condition[] };

export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([Test, z.strictObject({ any: Conditions }), z.strictObject({ none: Conditions })], {
    error: 'must be a test: { fact: kind, is: new }, or { any: [tests] }, or { none: [tests] }',
  }),
);
/** All of them must hold. */
export const Conditions = z.array(Condition).min(1);
