/**
 * Splits a deal into the bases of a plan: which line items each takes, what is left out, and what the amount of the deal
 * differs from their sum. Every cent of the amount is in exactly one part.
 */
import type { Amount } from './amount.ts';
import { Exact } from './exact.ts';
import { Held } from './held.ts';
import type { Plan } from './plan.ts';
import type { TraceStep } from './trace.ts';

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

type Rates = Pick<Plan, 'plan' | 'version' | 'tiers' | 'otherTiers'>;

export interface Part {
  amount: Exact;
  /** Null: it earns nothing. */
  rates: Rates | null;
  step: TraceStep;
}

interface Item {
  id: string | null;
  product: string;
  amount: Exact;
}

/** @throws Held where the plan does not say what a line item or the difference earns */
export function splitIntoBases(plan: Plan, lines: readonly LineInput[] | undefined, basis: Amount): Part[] {
  if (lines === undefined) {
    const next = 'set "lineItems: { mode: read }" in the mapping, then redrive';
    throw new Held('line-items-missing', `The plan pays by line items, but they were not read; ${next}.`);
  }
  for (const line of lines) requireCurrency(line, basis.currency);
  const taken = new Map<string, Item[]>((plan.products ?? []).map(({ base }) => [base, []]));
  const others: Item[] = [];
  for (const line of lines) {
    const base = plan.products?.find((candidate) => selects(candidate, line));
    (base === undefined ? others : taken.get(base.base))?.push(toItem(line));
  }
  const parts = (plan.products ?? []).flatMap((base) => {
    const items = taken.get(base.base) ?? [];
    const { tiers = plan.tiers, otherTiers = base.tiers === undefined ? plan.otherTiers : 'hold' } = base;
    return items.length === 0 ? [] : [earning(base.base, items, { ...plan, tiers, otherTiers })];
  });
  return [...parts, ...unselected(plan, others), ...difference(plan, lines, basis)];
}

function requireCurrency({ id, currency }: LineInput, expected: string): void {
  if (currency === null || currency === expected) return;
  throw new Held(
    'line-item-currency',
    `The line item ${id} is in ${currency}, the deal in ${expected}; correct it in the CRM.`,
  );
}

function selects(base: NonNullable<Plan['products']>[number], { code, name, family }: LineInput): boolean {
  const has = (wanted: readonly string[] | undefined, value: string | null): boolean =>
    value !== null && (wanted?.includes(value.trim()) ?? false);
  return has(base.codes, code) || has(base.families, family) || has(base.names, name);
}

function toItem({ id, code, name, total }: LineInput): Item {
  return { id, product: name ?? code ?? 'a product without name', amount: new Exact(total) };
}

const OTHERS = 'other products';

function unselected(plan: Plan, items: readonly Item[]): Part[] {
  const [first] = items;
  if (first === undefined) return [];
  const rule = plan.otherProducts;
  if (rule === 'hold' || rule === undefined)
    throw new Held(
      'product-not-in-plan',
      `Plan ${plan.plan} version ${plan.version} names no base for "${first.product}".`,
    );
  return [otherPart(plan, rule, items)];
}

/** The sum of the line items is what the CRM rolls up into the amount; where it is not, the plan says what the rest earns. */
function difference(plan: Plan, lines: readonly LineInput[], basis: Amount): Part[] {
  const sum = lines.reduce((total, line) => total.plus(line.total), new Exact(0));
  const amount = basis.amount.minus(sum);
  if (amount.isZero()) return [];
  const item = { id: null, product: 'difference to the amount of the deal', amount };
  const { otherProducts = 'hold', difference: rule = 'hold' } = plan;
  const others = rule === 'as-other-products' ? otherProducts : rule;
  if (others === 'hold') {
    const between = `the line items sum up to ${sum.toFixed()}, the deal is ${basis.amount.toFixed()} ${basis.currency}`;
    throw new Held('difference-not-in-plan', `The plan holds a difference: ${between}.`);
  }
  return [others === 'nothing' ? leftOut('difference', [item]) : otherPart(plan, others, [item])];
}

function otherPart(
  plan: Plan,
  rule: Exclude<NonNullable<Plan['otherProducts']>, 'hold'>,
  items: readonly Item[],
): Part {
  if (rule === 'nothing') return leftOut('other-products', items);
  if (rule === 'plan-rates') return earning(OTHERS, items, plan);
  const { tiers = plan.tiers, otherTiers = rule.tiers === undefined ? plan.otherTiers : 'hold' } = rule;
  return earning(OTHERS, items, { ...plan, tiers, otherTiers });
}

function earning(base: string, items: readonly Item[], rates: Rates): Part {
  const amount = sumOf(items);
  return { amount, rates, step: { step: 'base', base, items: toTrace(items), amount: amount.toFixed() } };
}

function leftOut(what: 'other-products' | 'difference', items: readonly Item[]): Part {
  const amount = sumOf(items);
  const step = { step: 'left-out', what, items: toTrace(items), amount: amount.toFixed() } as const;
  return { amount, rates: null, step };
}

function sumOf(items: readonly Item[]): Exact {
  return items.reduce((total, item) => total.plus(item.amount), new Exact(0));
}

function toTrace(items: readonly Item[]): { id: string | null; product: string; amount: string }[] {
  return items.map(({ id, product, amount }) => ({ id, product, amount: amount.toFixed() }));
}
