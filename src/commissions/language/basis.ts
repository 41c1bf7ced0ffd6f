/** What a rate is taken of. */
import { z } from 'zod';
import { choice, Decimal, Key, Money, Whole } from './choices.ts';
import { Conditions } from './conditions.ts';
import { Prorate } from './prorate.ts';

const of = [
  // The amount of the deal; of the invoice or the payment, where those earn.
  'amount',
  // Line items, together or one by one.
  'lines',
  'each-line',
  'margin',
  'quantity',
  // 1 for each event.
  'count',
  // What other rules earned on the same event: for overrides on downstream pay, and for bonuses on commission.
  'commission',
  // What a counter holds at the end of the period.
  'counter',
  // A target incentive: the amount paid at 100 %.
  'target',
  // A fixed pool, shared in proportion to a counter.
  'pool',
] as const;

export const Basis = z
  .strictObject({
    of: choice('What is the rate taken of?', of),
    /** Line items that count; with `lines` and `each-line`. */
    select: Conditions.optional(),
    /** Taken off first, as far as the deal, line, invoice or payment says them. */
    less: z
      .array(z.enum(['discount', 'tax', 'shipping', 'cost']))
      .min(1)
      .optional(),
    /** With `commission`: the rules meant. Absent: all rules before this one. */
    rules: z.array(Key).min(1).optional(),
    /** With `counter` and `pool`. */
    counter: Key.optional(),
    /** With `pool`: what all partners share. */
    pool: Money.optional(),
    /** With `target`: an amount, or `partner`: as the input names it for each partner. */
    target: z.union([z.literal('partner'), Money]).optional(),
    /** With `target`: only so much of it as the partner was there in the period. */
    prorate: Prorate.optional(),
    /** Of a deal over a longer term only so many months count. */
    firstMonths: Whole.optional(),
    /** So many percent of it count. */
    percent: Decimal.optional(),
    /** Of one event: no more than this counts. */
    atMost: Money.optional(),
    /** Of one event: what is less counts as this. */
    atLeast: Money.optional(),
  })
  .superRefine((basis, context) => {
    const needs = { counter: basis.counter, target: basis.target, pool: basis.pool } as const;
    for (const [name, value] of Object.entries(needs)) {
      const isNeeded = basis.of === name || (basis.of === 'pool' && name === 'counter');
      if (isNeeded && value === undefined)
        context.addIssue({ code: 'custom', path: [name], message: `is left open: which ${name}?` });
      if (!isNeeded && value !== undefined)
        context.addIssue({ code: 'custom', path: [name], message: `has no meaning with of: ${basis.of}` });
    }
    const isLines = basis.of === 'lines' || basis.of === 'each-line';
    if (basis.select !== undefined && !isLines)
      context.addIssue({ code: 'custom', path: ['select'], message: 'selects line items: write of: lines' });
    if (basis.prorate !== undefined && basis.of !== 'target')
      context.addIssue({ code: 'custom', path: ['prorate'], message: 'belongs to of: target' });
    if (basis.rules !== undefined && basis.of !== 'commission')
      context.addIssue({ code: 'custom', path: ['rules'], message: 'belongs to of: commission' });
  });
export type Basis = z.infer<typeof Basis>;

/** Defaulted short form: `basis: amount`. */
export const BasisOrName = z.union(
  [
    z
      .enum(of)
      .transform((name) => ({ of: name }))
      .pipe(Basis),
    Basis,
  ],
  {
    error: `must be one of: ${of.join(' | ')}; or { of: one of them } with what goes with it, rightly spelt`,
  },
);
