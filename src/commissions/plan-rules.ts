/** The parts of a plan about products, and about deals that the partner influenced instead of bringing them. */
import { z } from 'zod';
import { Percent, Rate } from './plan-values.ts';

/** `nothing`, or this share of what a sourced deal earns. */
export const Share = z.union(
  [z.literal('nothing'), z.strictObject({ share: Percent })],
  'must be: nothing, or a share of what a sourced deal earns: { share: 50 }',
);
export type Share = z.infer<typeof Share>;

const Tiers = {
  /** Absent: the rates of the plan. */
  tiers: z.record(z.string().min(1), Rate).optional(),
  otherTiers: z.union([z.literal('hold'), Rate]).optional(),
};
const Names = z.array(z.string().trim().min(1)).min(1).optional();

/** Line items of these products are one base. Compared letter by letter with what the CRM has. */
const Base = z
  .strictObject({
    base: z.string().trim().min(1).max(80),
    codes: Names,
    families: Names,
    names: Names,
    ...Tiers,
  })
  .refine(
    (base) => base.codes ?? base.families ?? base.names,
    'selects no product: give codes, families or names',
  );
export type Base = z.infer<typeof Base>;

const OtherProducts = z.union(
  [z.enum(['hold', 'nothing', 'plan-rates']), z.strictObject(Tiers)],
  'must be: hold, nothing, plan-rates, or rates of its own',
);

/** Only with `basis: line-items`, and then needed. */
export const LineItemRules = {
  /** The first base that selects a line item takes it. */
  products: z.array(Base).min(1).optional(),
  /** Line items that no base selects. */
  otherProducts: OtherProducts.optional(),
  /** What the amount of the deal is above or below the sum of its line items: all of it, where there are none. */
  difference: z.enum(['hold', 'nothing', 'as-other-products']).optional(),
};

interface PlanParts {
  basis: string;
  products?: readonly { base: string }[] | undefined;
  otherProducts?: unknown;
  difference?: unknown;
}

export function checkBases(plan: PlanParts, context: z.RefinementCtx): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  for (const name of ['products', 'otherProducts', 'difference'] as const) {
    if (plan.basis === 'line-items' && plan[name] === undefined) fault([name], 'is missing');
    if (plan.basis !== 'line-items' && plan[name] !== undefined)
      fault([name], 'is only for a plan with basis: line-items');
  }
  const names = (plan.products ?? []).map(({ base }) => base.toLowerCase());
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) fault(['products', index, 'base'], 'the same base is named twice');
    if (name === 'other products') fault(['products', index, 'base'], 'is the name of what no base selects');
  });
}
