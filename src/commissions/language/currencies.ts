/** Conversion and rounding. */
import { z } from 'zod';
import { choice, Currency, Day, Positive, Whole } from './choices.ts';

const ExchangeRate = z.strictObject({
  from: Currency,
  to: Currency,
  /** So many of `to` one `from` is worth. */
  rate: Positive,
  /** In force from this day on, until a later one. */
  on: Day,
  source: z.string().min(1),
});
export type ExchangeRate = z.infer<typeof ExchangeRate>;

const dates = [
  'won',
  'event',
  'month-start',
  'previous-month-end',
  'month-end',
  'quarter-end',
  'year-end',
] as const;
export const Exchange = z
  .strictObject({
    date: choice('The exchange rate of which day?', dates),
    convert: choice('Is the basis converted before the rate is applied, or what was earned afterwards?', [
      'basis',
      'earned',
    ]),
    inverse: choice('May a rate be turned round (1 / rate) where only the other direction is known?', [
      'allowed',
      'refused',
    ]),
    rates: z.array(ExchangeRate).optional(),
  })
  .superRefine(({ rates = [] }, context) => checkRates(rates, context));
export type Exchange = z.infer<typeof Exchange>;

/** Append-only: two rates for one day would let the order of lines decide about money. */
function checkRates(rates: readonly ExchangeRate[], context: z.RefinementCtx): void {
  rates.forEach((rate, index) => {
    const path = ['rates', index];
    if (rate.from === rate.to)
      context.addIssue({ code: 'custom', path: [...path, 'to'], message: 'converts a currency into itself' });
    const same = rates.findIndex(
      (other) => other.from === rate.from && other.to === rate.to && other.on === rate.on,
    );
    if (same < index)
      context.addIssue({
        code: 'custom',
        path: [...path, 'on'],
        message: `this pair already has a rate from ${rate.on}`,
      });
  });
}

export const roundingModes = ['half-up', 'half-down', 'half-even', 'up', 'down', 'ceiling', 'floor'] as const;
const Mode = choice('Where does a half go, and what lies between?', roundingModes);
const Places = z.strictObject({ scale: Whole, mode: Mode });

export const Rounding = z.strictObject({
  mode: Mode,
  scale: z.union([z.literal('currency'), Whole], {
    error: 'is left open: to how many decimals? Write: currency (as ISO 4217 says), or a number',
  }),
  stage: choice(
    'What is rounded: each line item, each rule, the deal, or the partner’s total of the period?',
    ['line', 'rule', 'deal', 'period'],
  ),
  /** What the plan rounds on the way; everything else stays exact. */
  steps: z
    .strictObject({
      basis: Places.optional(),
      conversion: Places.optional(),
      rate: Places.optional(),
      attainment: Places.optional(),
      /** What a rule pays, before it is shared and converted. */
      pay: Places.optional(),
      /** Each share by itself: they may then add up to more or less than the whole. */
      share: Places.optional(),
    })
    .optional(),
});
export type Rounding = z.infer<typeof Rounding>;
