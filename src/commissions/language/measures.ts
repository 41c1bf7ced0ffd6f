/** What bands, points, gates and milestones are read against. */
import { z } from 'zod';
import { choice, Decimal, Key, Positive } from './choices.ts';

const Weighed = z
  .strictObject({
    /** Read in percent of its quota. */
    counter: Key.optional(),
    /** A fact that is a percentage. */
    fact: z.string().min(1).optional(),
    /** Its weight. */
    percent: Positive,
    /** No more than this of it counts. */
    atMost: Decimal.optional(),
    /** Less than this counts as nothing. */
    nothingBelow: Decimal.optional(),
  })
  .refine(
    ({ counter, fact }) => (counter === undefined) !== (fact === undefined),
    'must name a counter (read in percent of its quota) or a fact',
  );
export type Weighed = z.infer<typeof Weighed>;

const Weighted = z
  .array(Weighed)
  .min(2, 'needs two attainments at least')
  .superRefine((parts, context) => {
    const sum = parts.reduce((total, { percent }) => total + Math.round(Number(percent) * 1e6), 0);
    if (sum !== 100e6) context.addIssue({ code: 'custom', message: `adds up to ${sum / 1e6} %, not 100 %` });
  });

export const Measure = z.union(
  [
    // The basis of the event itself.
    z.literal('event'),
    z.strictObject({
      counter: Key,
      as: choice('Is the counter read as it is, or as percent of its quota?', ['value', 'percent-of-quota']),
    }),
    z.strictObject({ fact: z.string().min(1) }),
    // One attainment out of several.
    z.strictObject({ weighted: Weighted }),
  ],
  {
    error:
      'is left open: what are the bands read against? Write: event (this deal alone), { counter: NAME, as: value | percent-of-quota }, { fact: NAME }, or { weighted: [{ counter: NAME, percent: 60 }, { counter: NAME, percent: 40 }] }',
  },
);
export type Measure = z.infer<typeof Measure>;

/** Moves with the events of a period. */
export function isCounted(measure: Measure): boolean {
  return typeof measure === 'object' && !('fact' in measure);
}
