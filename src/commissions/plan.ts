/**
 * A commission plan as data. Every amount and rate is an exact decimal text; what the plan leaves open is refused
 * when it is read, or holds the deal when it is computed, but is never guessed.
 */
import { z } from 'zod';
import { exponentOf } from '../platform/money.ts';
import { checkBases, LineItemRules, Share } from './plan-rules.ts';
import { Currency, Decimal, Rate } from './plan-values.ts';
import { isCurrency } from './exact.ts';

const Day = z.string().refine(isDay, 'not a day written as YYYY-MM-DD');
const AmountsByCurrency = z
  .record(Currency, Decimal)
  .refine((amounts) => Object.keys(amounts).length > 0, 'names no currency')
  .superRefine(checkDecimals);

export const Plan = z
  .strictObject({
    plan: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a key of lower-case letters, digits and dashes'),
    version: z
      .string()
      .regex(/^[1-9]\d{0,8}$/, 'a whole number from 1')
      .transform(Number),
    /** UTC day, inclusive. */
    effectiveFrom: Day,
    /** UTC day, exclusive. Absent: until the next published plan starts. */
    effectiveTo: Day.optional(),
    basis: z.enum(['deal-amount', 'line-items'], 'must be: deal-amount, or: line-items'),
    ...LineItemRules,
    /** What is paid: the deal's own currency, or one for all. */
    currency: z.union([z.literal('deal'), Currency], 'must be an ISO 4217 code, or: deal'),
    /** How many of `to` one `from` is worth. */
    rates: z
      .array(z.strictObject({ from: Currency, to: Currency, rate: Decimal, source: z.string().min(1) }))
      .optional(),
    /** Compared without regard to case. */
    tiers: z.record(z.string().min(1), Rate),
    otherTiers: z.union([z.literal('hold'), Rate], 'must say what other tiers get: hold, or a rate'),
    /** What a deal earns that the partner did not bring: of what a sourced one would. Absent: such deals are held. */
    influenced: Share.optional(),
    renewals: Share.optional(),
    /** The most one deal pays, in the currency paid. */
    cap: AmountsByCurrency.optional(),
    /** What happens below this much per deal, in the currency paid. A deal of nothing earns nothing either way. */
    minimum: z
      .strictObject({ amounts: AmountsByCurrency, below: z.enum(['pay-nothing', 'raise-to-it']) })
      .optional(),
  })
  .superRefine(checkWhole)
  .superRefine(checkBases);
export type Plan = z.infer<typeof Plan>;

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function checkDecimals(amounts: Record<string, string>, context: z.RefinementCtx): void {
  for (const [currency, amount] of Object.entries(amounts)) {
    const decimals = amount.split('.')[1]?.length ?? 0;
    if (!isCurrency(currency) || decimals <= exponentOf(currency)) continue;
    const message = `${currency} has ${exponentOf(currency)} decimals`;
    context.addIssue({ code: 'custom', path: [currency], message });
  }
}

interface PlanParts {
  effectiveFrom: string;
  effectiveTo?: string | undefined;
  currency: string;
  rates?: readonly { from: string; to: string }[] | undefined;
  tiers: Record<string, unknown>;
  cap?: Record<string, string> | undefined;
  minimum?: { amounts: Record<string, string> } | undefined;
}

function checkWhole(plan: PlanParts, context: z.RefinementCtx): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });

  if (plan.effectiveTo !== undefined && plan.effectiveTo <= plan.effectiveFrom) {
    fault(['effectiveTo'], 'must be after effectiveFrom');
  }
  if (Object.keys(plan.tiers).length === 0) fault(['tiers'], 'names no tier');
  for (const name of repeated(Object.keys(plan.tiers), tierKey)) {
    fault(['tiers', name], 'the same tier is named twice');
  }
  if (plan.currency === 'deal' && plan.rates !== undefined) {
    fault(['rates'], 'a plan that pays in the currency of the deal converts nothing');
  }
  if (plan.currency !== 'deal') checkOneCurrency(plan, fault);
}

function checkOneCurrency(
  plan: PlanParts,
  fault: (path: (string | number)[], message: string) => void,
): void {
  const needed = `${plan.currency} is what this plan pays, but it is missing`;
  if (plan.cap !== undefined && !(plan.currency in plan.cap)) fault(['cap'], needed);
  if (plan.minimum !== undefined && !(plan.currency in plan.minimum.amounts)) {
    fault(['minimum', 'amounts'], needed);
  }
  const rates = plan.rates ?? [];
  rates.forEach((rate, index) => {
    if (rate.to !== plan.currency)
      fault(['rates', index, 'to'], `must be ${plan.currency}, which this plan pays`);
    if (rate.from === plan.currency) fault(['rates', index, 'from'], 'converts a currency into itself');
    if (rates.findIndex((other) => other.from === rate.from) < index) {
      fault(['rates', index, 'from'], 'this currency already has a rate');
    }
  });
}

/** Tiers are typed by people: "Gold", "gold " and "GOLD" are one tier. */
export function tierKey(tier: string): string {
  return tier.trim().toLowerCase();
}

function repeated(names: readonly string[], keyOf: (name: string) => string): string[] {
  return names.filter((name, index) => names.findIndex((other) => keyOf(other) === keyOf(name)) < index);
}
