/** What a rule pays on its basis: percentages, fixed amounts, bands, interpolation, and choices between them. */
import { z } from 'zod';
import { choice, Decimal, Money, Positive } from './choices.ts';
import { isCounted, Measure } from './measures.ts';

export { Measure };

export const boundary = choice(
  'Does a value exactly at the edge of two bands belong to the lower or the upper one?',
  ['lower', 'upper'],
);
export const mode = choice(
  'Is each part paid at the rate of its own band (marginal), everything in the period at the rate of the band reached (retroactive), or the whole event at one rate (step)?',
  ['marginal', 'retroactive', 'step'],
);
export const reads = choice(
  'Is the counter read before the event is added, or after? (previous: where it ended in the period before)',
  ['before', 'after', 'previous'],
);

const stepOfWeighted = 'must be step: no event moves a weighted attainment by an amount of its own';
function isWeighted(measure: Measure): boolean {
  return typeof measure === 'object' && 'weighted' in measure;
}

const leaf = {
  percent: Decimal.optional(),
  amount: Money.optional(),
  perUnit: Money.optional(),
  times: Decimal.optional(),
};
const Edges = { from: Decimal, to: Decimal.optional() };

const isOne = (value: object): boolean =>
  Object.entries(value).filter(([name, part]) => name in leaf && part !== undefined).length === 1;

export const Band = z
  .strictObject({ ...Edges, ...leaf, by: z.lazy(() => By).optional() })
  .refine(
    (band) => (band.by === undefined ? isOne(band) : !isOne(band)),
    'must pay exactly one of: percent, amount, perUnit, times, by',
  );
export type Band = z.infer<typeof Band>;

export const Bands = z
  .strictObject({
    on: Measure,
    mode,
    boundary,
    /** With mode step and a counter. */
    reads: reads.optional(),
    // Held against itself, so that a gap is named also while other choices are open.
    table: z.array(Band).min(1, 'has no band').superRefine(checkTable),
  })
  .superRefine((bands, context) => {
    if (bands.mode === 'step' && isCounted(bands.on) && !bands.reads)
      context.addIssue({
        code: 'custom',
        path: ['reads'],
        message:
          'is left open: Is the counter read before the event is added, or after? Write one of: before | after | previous',
      });
    if (bands.mode !== 'step' && typeof bands.on === 'object' && 'fact' in bands.on)
      context.addIssue({
        code: 'custom',
        path: ['mode'],
        message: 'must be step: a fact is one value for the whole event',
      });
    if (bands.mode !== 'step' && isWeighted(bands.on))
      context.addIssue({ code: 'custom', path: ['mode'], message: stepOfWeighted });
  });
export type Bands = z.infer<typeof Bands>;

const Point = z
  .strictObject({ at: Decimal, ...leaf })
  .refine(isOne, 'must give exactly one of: percent, amount, perUnit, times');
export const Points = z
  .strictObject({
    on: Measure,
    mode: choice(
      'Is everything in the period paid at the rate reached (retroactive), or the event alone (step)?',
      ['retroactive', 'step'],
    ),
    reads: reads.optional(),
    below: choice('What is paid below the first point?', ['nothing', 'first']),
    above: choice('What is paid above the last point?', ['last', 'extend']),
    table: z.array(Point).min(2, 'needs two points at least'),
  })
  .superRefine(({ table, on, mode: how, reads: when }, context) => {
    table.forEach((point, index) => {
      const before = table[index - 1];
      if (before && Number(before.at) >= Number(point.at))
        context.addIssue({
          code: 'custom',
          path: ['table', index, 'at'],
          message: `must be above ${before.at}`,
        });
      const kind = kindOf(point);
      if (kind !== kindOf(table[0] ?? point))
        context.addIssue({
          code: 'custom',
          path: ['table', index],
          message: `must give ${kindOf(table[0] ?? point)}, as the first point does`,
        });
    });
    if (how === 'retroactive' && isWeighted(on))
      context.addIssue({ code: 'custom', path: ['mode'], message: stepOfWeighted });
    if (how === 'step' && isCounted(on) && !when)
      context.addIssue({
        code: 'custom',
        path: ['reads'],
        message:
          'is left open: Is the counter read before the event is added, or after? Write one of: before | after | previous',
      });
  });
export type Points = z.infer<typeof Points>;

export type Leaf = {
  percent?: string | undefined;
  amount?: Money | undefined;
  perUnit?: Money | undefined;
  times?: string | undefined;
};
export type LeafKind = 'percent' | 'amount' | 'perUnit' | 'times';
export const leafKinds = ['percent', 'amount', 'perUnit', 'times'] as const;
export function kindOf(value: Leaf): LeafKind | undefined {
  return leafKinds.find((name) => value[name] !== undefined);
}

export interface Rate extends Leaf {
  /** The rate that pays a target incentive at 100 % of a quota: target / quota, unrounded. */
  derived?: { target: Money | 'partner'; quota: Money | 'partner' } | undefined;
  /** The percentage that a fact says. */
  fact?: string | undefined;
  bands?: Bands | undefined;
  points?: Points | undefined;
  by?: By | undefined;
}
export interface By {
  fact: string;
  cases: Record<string, Rate>;
  other: 'hold' | 'nothing' | Rate;
}

export const By: z.ZodType<By> = z.lazy(() =>
  z.strictObject({
    fact: z.string().min(1),
    /** Compared without regard to case. */
    cases: z
      .record(z.string().min(1), Rate)
      .refine((cases) => Object.keys(cases).length > 0, 'names no case'),
    other: z.union([z.enum(['hold', 'nothing']), Rate], {
      error:
        'is left open: what is paid where no case fits, or the fact is not known? Write: hold, nothing, or a rate',
    }),
  }),
);

const PartnerOrMoney = z.union([z.literal('partner'), Money]);
export const Rate: z.ZodType<Rate> = z.lazy(() =>
  z
    .strictObject({
      ...leaf,
      derived: z.strictObject({ target: PartnerOrMoney, quota: PartnerOrMoney }).optional(),
      /** The percentage that the deal, the line or the partner brings with it. */
      fact: z.string().min(1).optional(),
      bands: Bands.optional(),
      points: Points.optional(),
      by: By.optional(),
    })
    .refine(
      (rate) => Object.values(rate).filter((part) => part !== undefined).length === 1,
      'must be exactly one of: percent, amount, perUnit, derived, fact, bands, points, by',
    )
    .meta({ minProperties: 1, maxProperties: 1 }),
);

/** A factor on what the rate pays: accelerators above 1, decelerators below. */
export const Multiplier = z
  .strictObject({
    times: Positive.or(Decimal).optional(),
    /** The factor that a fact says. */
    fact: z.string().min(1).optional(),
    bands: Bands.optional(),
    points: Points.optional(),
    by: By.optional(),
  })
  .refine(
    (one) => Object.values(one).filter((part) => part !== undefined).length === 1,
    'must be exactly one of: times, fact, bands, points, by',
  )
  .meta({ minProperties: 1, maxProperties: 1 });
export type Multiplier = z.infer<typeof Multiplier>;

/** Half-open bands without gap or overlap: a value belongs to one of them and never to two. */
function checkTable(
  table: readonly { from: string; to?: string | undefined }[],
  context: z.RefinementCtx,
): void {
  const fault = (index: number, name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [index, name], message });
  table.forEach((band, index) => {
    const before = table[index - 1];
    if (index === 0 && Number(band.from) !== 0)
      fault(index, 'from', `leaves open what is paid below ${band.from}: begin with a band from 0`);
    if (band.to !== undefined && Number(band.to) <= Number(band.from))
      fault(index, 'to', `must be above ${band.from}`);
    if (index < table.length - 1 && band.to === undefined)
      fault(index, 'to', 'is missing: only the last band has no end');
    if (before?.to === undefined) return;
    if (Number(band.from) > Number(before.to))
      fault(
        index,
        'from',
        `leaves a gap: nothing says what is paid between ${before.to} and ${band.from}. Bands are half-open: write from: ${before.to}, and say with "boundary" whose the edge is`,
      );
    if (Number(band.from) < Number(before.to))
      fault(index, 'from', `overlaps the band before, which ends at ${before.to}`);
  });
  const last = table.at(-1);
  if (last?.to !== undefined)
    fault(
      table.length - 1,
      'to',
      `leaves open what is paid above ${last.to}: leave "to" out, or add a band from ${last.to}`,
    );
}
