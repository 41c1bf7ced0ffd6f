/**
 * Which base of a short plan each line item is in, what is left out, and what the amount of the deal differs from their
 * sum. Every cent of the amount is in exactly one line.
 */
import type { Line } from './engine/input.ts';
import { Exact, readable } from './exact.ts';
import { Held } from './held.ts';
import type { Plan } from './plan.ts';

/** A line item as it was when the deal was read. Amounts are exact decimal texts. */
export interface LineInput {
  /** The CRM's id of it. */
  id: string;
  code: string | null;
  name: string | null;
  family: string | null;
  quantity: string;
  total: string;
  /** Null: the currency of the deal. */
  currency: string | null;
}

/** No plan can name a base like this. */
export const OTHER_PRODUCTS = 'other products';
const DIFFERENCE = 'difference to the amount of the deal';

/** A line item with its base; null: it earns nothing. */
export interface AssignedLine extends Line {
  base: string | null;
}

/** @throws Held where the plan does not say what a line item or the difference earns */
export function assignBases(
  plan: Plan,
  lines: readonly LineInput[] | undefined,
  deal: { amount: string; currency: string },
): AssignedLine[] {
  if (lines === undefined) {
    const next = 'set "lineItems: { mode: read }" in the mapping, then redrive';
    throw new Held('line-items-missing', `The plan pays by line items, but they were not read; ${next}.`);
  }
  for (const line of lines) requireCurrency(line, deal.currency);
  return [...lines.map((line) => ({ ...line, base: baseOf(plan, line) })), ...difference(plan, lines, deal)];
}

function requireCurrency({ id, currency }: LineInput, expected: string): void {
  if (currency === null || currency === expected) return;
  throw new Held(
    'line-item-currency',
    `The line item ${id} is in ${currency}, the deal in ${expected}; correct it in the CRM.`,
  );
}

function baseOf(plan: Plan, line: LineInput): string | null {
  const base = plan.products?.find((candidate) => selects(candidate, line));
  if (base !== undefined) return base.base;
  const { otherProducts = 'hold' } = plan;
  if (otherProducts === 'hold')
    throw new Held(
      'product-not-in-plan',
      `Plan ${plan.plan} version ${plan.version} names no base for "${line.name ?? line.code ?? 'a product without name'}".`,
    );
  return otherProducts === 'nothing' ? null : OTHER_PRODUCTS;
}

/** Letter by letter, as the CRM has them. */
function selects(base: NonNullable<Plan['products']>[number], { code, name, family }: LineInput): boolean {
  const has = (wanted: readonly string[] | undefined, value: string | null): boolean =>
    value !== null && (wanted?.includes(value.trim()) ?? false);
  return has(base.codes, code) || has(base.families, family) || has(base.names, name);
}

/** The sum of the line items is what the CRM rolls up into the amount; where it is not, the plan says what the rest earns. */
function difference(
  plan: Plan,
  lines: readonly LineInput[],
  deal: { amount: string; currency: string },
): AssignedLine[] {
  const sum = lines.reduce((total, line) => total.plus(line.total), new Exact(0));
  const rest = new Exact(deal.amount).minus(sum);
  if (rest.isZero()) return [];
  const { otherProducts = 'hold', difference: rule = 'hold' } = plan;
  const others = rule === 'as-other-products' ? otherProducts : rule;
  if (others === 'hold') {
    const between = `the line items sum up to ${sum.toFixed()}, the deal is ${deal.amount} ${deal.currency}`;
    throw new Held('difference-not-in-plan', `The plan holds a difference: ${between}.`);
  }
  const base = others === 'nothing' ? null : OTHER_PRODUCTS;
  return [{ id: DIFFERENCE, name: DIFFERENCE, total: rest.toFixed(), base }];
}

/** "other products 50.00 USD earn nothing; difference to the line items 50.00 USD earn nothing"; empty where all earns. */
export function sayLeftOut(lines: readonly AssignedLine[], currency: string): string[] {
  const out = lines.filter(({ base }) => base === null);
  const say = (what: string, parts: readonly AssignedLine[]): string[] => {
    const sum = parts.reduce((total, { total: part }) => total.plus(part), new Exact(0));
    return parts.length === 0
      ? []
      : [`${what} ${readable(sum.toFixed(), currency)} ${currency} earn nothing`];
  };
  return [
    ...say(
      'other products',
      out.filter(({ id }) => id !== DIFFERENCE),
    ),
    ...say(
      'difference to the line items',
      out.filter(({ id }) => id === DIFFERENCE),
    ),
  ];
}
