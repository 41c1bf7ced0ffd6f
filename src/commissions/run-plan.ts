/**
 * Tries a plan on deals from a file, with the calculation that posts entries. Pure: no database, no clock.
 */
import { z } from 'zod';
import { formatDecimal } from '../platform/money.ts';
import { DEAL_LINE } from './assess-epoch.ts';
import { calculate } from './calculate.ts';
import type { Hold } from './calculate.ts';
import type { Plan } from './plan.ts';
import { faultsOf } from './read-plan.ts';
import type { Fault } from './fault.ts';
import type { Trace } from './trace.ts';

const DECIMAL = /^-?\d{1,18}(\.\d{1,12})?$/;
/** More digits do not survive the way through a JSON number. */
const MOST_DIGITS_OF_A_NUMBER = 15;

const Amount = z
  .union([z.string(), z.number().transform(numberAsText)])
  .refine((text) => DECIMAL.test(text), 'not a plain decimal; write it as text, "1234.50"');

const Day = z.iso.date('not a day written as YYYY-MM-DD');
const Instant = z.iso.datetime({ offset: true, message: 'not a day or an instant of ISO 8601' });

const TrialLine = z.object({
  id: z.string().min(1),
  code: z.string().nullable().default(null),
  name: z.string().nullable().default(null),
  family: z.string().nullable().default(null),
  quantity: Amount.default('1'),
  total: Amount,
  currency: z.string().nullable().default(null),
});

export const TrialDeal = z.object({
  /** Any name; it comes back in the result. */
  deal: z.string().min(1),
  partner: z.string().optional(),
  amount: Amount.nullable(),
  currency: z.string().nullable(),
  wonAt: z.union([Day, Instant]).transform((text) => new Date(text).toISOString()),
  tier: z.string().nullable().default(null),
  tierSince: Day.nullable().default(null),
  influence: z.enum(['influenced', 'renewal']).optional(),
  lines: z.array(TrialLine).optional(),
});
export type TrialDeal = z.infer<typeof TrialDeal>;

const Deals = z.array(TrialDeal);

export interface TrialEntry {
  deal: string;
  partner: string | null;
  line: string;
  /** The rule that pays it; the same as `rule`. */
  component: string;
  rule: string;
  at: string;
  amount: string;
  amountMinor: string;
  currency: string;
  /** Before cap and rounding. */
  uncapped: string;
  explanation: string;
  trace: Trace;
}

export interface Trial {
  plan: { key: string; version: number };
  entries: TrialEntry[];
  held: { deal: string; partner: string | null; reason: Hold['hold']; explanation: string }[];
  /** Per currency, exact decimal text. */
  totals: Record<string, string>;
}

/** Reads deals from JSON text: an array of `TrialDeal`. Every fault is reported, each with a JSON pointer. */
export function readTrialDeals(text: string): { deals: TrialDeal[] } | { faults: readonly Fault[] } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return { faults: [{ pointer: '', message: error instanceof Error ? error.message : 'not JSON' }] };
  }
  const parsed = Deals.safeParse(document);
  return parsed.success ? { deals: parsed.data } : { faults: faultsOf(parsed.error) };
}

export function runPlan(plan: Plan, deals: readonly TrialDeal[]): Trial {
  const trial: Trial = { plan: { key: plan.plan, version: plan.version }, entries: [], held: [], totals: {} };
  const sums = new Map<string, bigint>();
  for (const { deal, partner = null, influence, lines, ...rest } of deals) {
    const result = calculate(plan, { ...rest, ...(influence && { influence }), ...(lines && { lines }) });
    if ('hold' in result) {
      trial.held.push({ deal, partner, reason: result.hold, explanation: result.explanation });
      continue;
    }
    for (const { component, amountMinor, currency, uncapped, trace } of result.lines) {
      sums.set(currency, (sums.get(currency) ?? 0n) + amountMinor);
      trial.entries.push({
        deal,
        partner,
        line: DEAL_LINE,
        component,
        rule: component,
        at: rest.wonAt,
        amount: formatDecimal({ minor: amountMinor, currency }),
        amountMinor: amountMinor.toString(),
        currency,
        uncapped,
        explanation: trace.sentence,
        trace,
      });
    }
  }
  for (const [currency, minor] of sums) trial.totals[currency] = formatDecimal({ minor, currency });
  return trial;
}

function numberAsText(value: number): string {
  const text = String(value);
  return text.replace(/[-.]/g, '').length <= MOST_DIGITS_OF_A_NUMBER ? text : `${text} has too many digits`;
}
