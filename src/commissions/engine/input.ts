/**
 * What a plan is run on: deals with their invoices, payments and refunds, partners with their tiers and quotas, and what
 * stood before. Amounts are exact decimal texts; days are ISO 8601, UTC.
 */
import { z } from 'zod';

const DECIMAL = /^-?\d{1,18}(\.\d{1,12})?$/;
/** More digits do not survive the way through a JSON number. */
const mostDigitsOfNumber = 15;

export const Amount = z
  .union([z.string(), z.number().transform(numberAsText)])
  .refine((text) => DECIMAL.test(text), 'not a plain decimal; write it as text, "1234.50"');

const Instant = z.iso.datetime({ offset: true, message: 'not a day or an instant of ISO 8601' });
const Day = z.iso.date('not a day written as YYYY-MM-DD');
/** A day, or an instant, which is taken as its day in UTC. */
const When = z.union([Day, Instant.transform((text) => new Date(text).toISOString())], {
  error: 'not a day (YYYY-MM-DD) or an instant of ISO 8601',
});
const Fact = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

const Line = z.strictObject({
  id: z.string().min(1),
  code: z.string().nullish(),
  name: z.string().nullish(),
  family: z.string().nullish(),
  quantity: Amount.nullish(),
  /** After the line's discount unless `discount` says that it is still to be taken off. */
  total: Amount,
  discount: Amount.nullish(),
  tax: Amount.nullish(),
  cost: Amount.nullish(),
  currency: z.string().nullish(),
  fields: z.record(z.string(), Fact).optional(),
});

const Money = {
  id: z.string().min(1).optional(),
  at: When,
  amount: Amount,
  discount: Amount.nullish(),
  tax: Amount.nullish(),
  shipping: Amount.nullish(),
  cost: Amount.nullish(),
};
/** Of an invoice or payment. Absent: margin and products in proportion to its part of the deal's amount. */
const Part = {
  ...Money,
  margin: Amount.nullish(),
  quantity: Amount.nullish(),
  lines: z.array(Line).optional(),
};

const Share = z.strictObject({
  partner: z.string().min(1),
  role: z.string().min(1).optional(),
  share: Amount.optional(),
});

export const Deal = z.strictObject({
  /** Any name; it comes back in the result. */
  deal: z.string().min(1),
  partner: z.string().min(1).optional(),
  /** Instead of `partner`: everybody who has a share. */
  partners: z.array(Share).min(1).optional(),
  referrer: z.string().min(1).nullish(),
  amount: Amount.nullable(),
  currency: z.string().nullable(),
  wonAt: When,
  /** Day the contract or subscription starts. */
  startAt: When.nullish(),
  cancelledAt: When.nullish(),
  /** What happened up to this day was computed before. Absent: up to the last of the deal's `state.entries`. */
  earnedUntil: Day.nullish(),
  kind: z.string().nullish(),
  influence: z.enum(['influenced', 'renewal']).optional(),
  region: z.string().nullish(),
  termMonths: Amount.nullish(),
  quantity: Amount.nullish(),
  discount: Amount.nullish(),
  tax: Amount.nullish(),
  shipping: Amount.nullish(),
  cost: Amount.nullish(),
  margin: Amount.nullish(),
  /** The partner's tier on the day of the win; else it is looked up under `partners`. */
  tier: z.string().nullish(),
  tierSince: Day.nullish(),
  lines: z.array(Line).optional(),
  invoices: z.array(z.strictObject({ ...Part, dueAt: When.nullish() })).optional(),
  payments: z.array(z.strictObject({ ...Part, invoice: z.string().nullish() })).optional(),
  refunds: z.array(z.strictObject({ ...Money, payment: z.string().optional() })).optional(),
  fields: z.record(z.string(), Fact.nullable()).optional(),
});
export type Deal = z.infer<typeof Deal>;
export type Line = z.infer<typeof Line>;

/** One, or several of which each is in force from a day on. */
const Figure = z.union([Amount, z.array(z.strictObject({ from: Day, amount: Amount })).min(1)], {
  error: 'must be an amount, or a list: [{ "from": "2026-01-01", "amount": "1000" }]',
});
export type Figure = z.infer<typeof Figure>;

export const Partner = z.strictObject({
  partner: z.string().min(1),
  parent: z.string().min(1).nullish(),
  region: z.string().nullish(),
  currency: z.string().nullish(),
  tiers: z.array(z.strictObject({ tier: z.string().min(1), from: Day })).optional(),
  /** First and last day with the programme; a quota or target that is prorated counts only these days. */
  joinedAt: Day.nullish(),
  leftAt: Day.nullish(),
  /** By counter, or by rule for `derived`. */
  quotas: z.record(z.string(), Figure).optional(),
  targets: z.record(z.string(), Figure).optional(),
  draw: Figure.nullish(),
  fields: z.record(z.string(), Fact).optional(),
});
export type Partner = z.infer<typeof Partner>;

/** What stood before the first deal of the input. */
export const State = z.strictObject({
  counters: z
    .array(
      z.strictObject({
        counter: z.string(),
        /** The partner, parent, tier or region whose counter it is; absent with scope everybody. */
        of: z.string().optional(),
        /** A day in the period it is of. */
        at: Day,
        value: Amount,
      }),
    )
    .optional(),
  /** What a rule paid already: for retroactive bands, gates and limits of periods. Plan-wide limits: without `rule`. */
  earned: z
    .array(
      z.strictObject({
        rule: z.string().optional(),
        partner: z.string(),
        at: Day,
        basis: Amount.optional(),
        quantity: Amount.optional(),
        amount: Amount,
        currency: z.string().optional(),
      }),
    )
    .optional(),
  /** Entries of deals that a refund or cancellation of this input may take back. */
  entries: z
    .array(
      z.strictObject({
        deal: z.string(),
        rule: z.string(),
        partner: z.string(),
        at: Day,
        amount: Amount,
        currency: z.string().optional(),
        paidAt: Day.nullish(),
      }),
    )
    .optional(),
  balances: z
    .array(
      z.strictObject({
        partner: z.string(),
        currency: z.string(),
        carried: Amount.optional(),
        draw: Amount.optional(),
      }),
    )
    .optional(),
});
export type State = z.infer<typeof State>;

export const ExchangeRate = z.strictObject({
  from: z.string(),
  to: z.string(),
  rate: Amount,
  on: Day,
  source: z.string().min(1),
});

export const Input = z.strictObject({
  /** Periods are closed up to the one before this day; absent: up to the last that anything happened in. */
  asOf: Day.optional(),
  deals: z.array(Deal),
  partners: z.array(Partner).optional(),
  state: State.optional(),
  rates: z.array(ExchangeRate).optional(),
});
export type Input = z.infer<typeof Input>;

/** A list of deals alone is an input, too. */
export const Deals = z.array(Deal);

function numberAsText(value: number): string {
  const text = String(value);
  return text.replace(/[-.]/g, '').length <= mostDigitsOfNumber ? text : `${text} has too many digits`;
}
