/** How several partners share a deal. Credit (what counts towards attainment) is said by each counter, pay here. */
import { z } from 'zod';
import { choice, Decimal } from './choices.ts';

export const Split = z.strictObject({
  shares: z.union(
    [
      choice('Who gets which share?', ['deal', 'equal']),
      z.record(z.string().min(1), Decimal).refine((roles) => Object.keys(roles).length > 0, 'names no role'),
    ],
    {
      error:
        'is left open: who gets which share? Write: deal (as each deal says), equal, or percent by role: { sourced: 70, influenced: 30 }',
    },
  ),
  sum: choice('May the shares of a deal be less or more than 100 %? (overlay: more)', [
    'exactly-100',
    'at-most-100',
    'any',
  ]),
  of: choice(
    'Is the pay computed once and shared (pay), or is the basis shared and each partner paid by its own tier and counters (basis)?',
    ['pay', 'basis'],
  ),
  /** Cents that are left over go to the largest remainders; equal remainders to the first by this. */
  tie: choice('Which of two partners with equal remainders gets the last cent?', [
    'partner-key',
    'listed-first',
  ]),
  /** With of: pay: whose tier and counters are used. */
  lead: choice('By whose tier and counters is a shared deal paid?', [
    'listed-first',
    'largest-share',
  ]).optional(),
});
export type Split = z.infer<typeof Split>;
