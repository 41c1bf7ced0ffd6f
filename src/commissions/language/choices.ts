/** Values of the plan language. A plan is read from YAML's failsafe schema: every scalar arrives as the text it was written as. */
import { z } from 'zod';
import { isCurrency } from '../exact.ts';

/**
 * A choice the plan must make. One left open is refused with the question it answers: vendors disagree here, so a default
 * would be a guess about somebody's money.
 */
export function choice<const T extends readonly [string, ...string[]]>(
  question: string,
  values: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  const options = values.join(' | ');
  return z
    .enum(values, {
      error: ({ input }) =>
        input === undefined
          ? `is left open: ${question} Write one of: ${options}`
          : `must be one of: ${options}. ${question}`,
    })
    .describe(question);
}

/** "12", "12.5", "0.0125": no sign, no exponent, no separators. */
export const Decimal = z.string().regex(/^\d{1,15}(\.\d{1,12})?$/, 'not a plain decimal number');
export const Whole = z
  .string()
  .regex(/^\d{1,9}$/, 'not a whole number')
  .transform(Number);
export const Positive = Decimal.refine((text) => /[1-9]/.test(text), 'must be more than 0');
export const Currency = z
  .string()
  .refine(isCurrency, 'not an ISO 4217 currency code')
  .meta({ pattern: '^[A-Z]{3}$' });
export const Key = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a key of lower-case letters, digits and dashes');
export const Day = z
  .string()
  .refine(isDay, 'not a day written as YYYY-MM-DD')
  .meta({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' });

/** An amount: in the currency of the plan, or one for each currency. */
export const Money = z.union([Decimal, z.record(Currency, Decimal)], {
  error: 'must be an amount, or one for each currency: { EUR: 50.00 }',
});
export type Money = z.infer<typeof Money>;

export const Span = z
  .strictObject({
    days: Whole.optional(),
    weeks: Whole.optional(),
    months: Whole.optional(),
    years: Whole.optional(),
  })
  .refine(
    (span) => Object.values(span).filter((part) => part !== undefined).length === 1,
    'must be one of: { days: 90 }, { weeks: 2 }, { months: 12 }, { years: 1 }',
  )
  .meta({ minProperties: 1, maxProperties: 1 });
export type Span = z.infer<typeof Span>;

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
