/** Attainment: what a partner (or a parent, a tier, a region) sold in a period, against which bands and gates are read. */
import { z } from 'zod';
import { Basis } from './basis.ts';
import { choice, Decimal, Money, Span } from './choices.ts';
import { Conditions } from './conditions.ts';
import { Prorate } from './prorate.ts';
import { periodKinds } from './periods.ts';

export const Counter = z.strictObject({
  of: choice('What does the counter add up?', ['amount', 'lines', 'margin', 'quantity', 'count']),
  select: Conditions.optional(),
  less: Basis.shape.less,
  when: Conditions.optional(),
  /** So many percent of a sale count; the first that fits, else all of it. */
  weights: z
    .array(z.strictObject({ when: Conditions, percent: Decimal }))
    .min(1)
    .optional(),
  on: choice('What counts: the win, the invoice, or the money received?', ['won', 'invoice', 'payment']),
  scope: choice('Whose sales are added up?', ['partner', 'parent', 'tier', 'region', 'everybody']),
  per: z.union(
    [
      choice('From when on does it count?', ['deal', ...periodKinds, 'ever']),
      z.strictObject({ rolling: Span }),
    ],
    {
      error: `is left open: from when on does it count? Write one of: deal | ${periodKinds.join(' | ')} | ever, or { rolling: { months: 12 } }`,
    },
  ),
  /** What 100 % is: an amount, or `partner`: as the input names it for each partner. */
  quota: z.union([z.literal('partner'), Money]).optional(),
  /** Of a partner that joined or left within the period, only so much of its quota is 100 %. Absent: all of it. */
  prorate: Prorate.optional(),
  /** Absent: keep. */
  refunds: choice('Does a refund or a cancellation lower the counter, in the period it comes in?', [
    'keep',
    'lower',
  ]).optional(),
  /** Of a deal that several partners share. Needed with `split`. */
  credit: choice('Does a partner of a shared deal get credit for all of it, or for its share?', [
    'full',
    'share',
  ]).optional(),
  /** Only partners in these roles are credited. */
  roles: z.array(z.string().min(1)).min(1).optional(),
});
export type Counter = z.infer<typeof Counter>;
