/** The plan language, whole. What it leaves open is refused with the question it must answer. */
import { z } from 'zod';
import { Currency, Day, Key, Whole } from './choices.ts';
import { choice } from './choices.ts';
import { Conditions } from './conditions.ts';
import { Counter } from './counters.ts';
import { Exchange, Rounding } from './currencies.ts';
import { checkReferences } from './check-references.ts';
import { Clawback, FirstMonth, Payout, Release } from './paying.ts';
import { Limit, Rule } from './rules.ts';
import { Split } from './sharing.ts';

export const FullPlan = z
  .strictObject({
    plan: Key,
    version: Whole.refine((version) => version >= 1, 'must be 1 or more'),
    effectiveFrom: Day,
    effectiveTo: Day.optional(),
    currency: z.union([z.literal('deal'), Currency], {
      error:
        'is left open: in which currency is the plan computed? Write an ISO 4217 code, or: deal (each deal in its own)',
    }),
    /** The tier a partner had on which day. The day of the win unless said. */
    tierOn: choice('The tier a partner had on which day?', [
      'won',
      'event',
      'month-start',
      'quarter-start',
      'year-start',
    ]).optional(),
    /** January unless said. */
    yearStartsIn: FirstMonth.optional(),
    /** A first day of weeks, and of two weeks. Mondays unless said; needed with two-weeks. */
    weeksFrom: Day.optional(),
    /** Deals that earn by this plan at all. */
    when: Conditions.optional(),
    /** Amounts below zero (credit notes). Absent: held. */
    negativeAmounts: choice('What is done with amounts below zero?', ['hold', 'count']).optional(),
    counters: z.record(Key, Counter).optional(),
    rules: z.array(Rule).min(1, 'has no rule'),
    /** Of all rules together, in the order of the rules. */
    limits: z.array(Limit).min(1).optional(),
    split: Split.optional(),
    exchange: Exchange.optional(),
    rounding: Rounding,
    release: Release.optional(),
    payout: Payout.optional(),
    /** Absent: a deal that is cancelled or refunded is held. */
    clawback: z.union([z.literal('none'), Clawback]).optional(),
  })
  .superRefine((plan, context) => checkReferences(plan, context));
export type FullPlan = z.infer<typeof FullPlan>;
