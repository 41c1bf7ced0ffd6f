/** A rule: which events earn by it, of what, at which rate, within which limits. */
import { z } from 'zod';
import { BasisOrName } from './basis.ts';
import { choice, Decimal, Key, Money, Positive, Whole } from './choices.ts';
import { Conditions } from './conditions.ts';
import { isPeriodKind, periodKinds } from './periods.ts';
import { Measure, Multiplier, Rate } from './rates.ts';

export const Gate = z
  .strictObject({
    on: Measure,
    atLeast: Decimal.optional(),
    above: Decimal.optional(),
    pays: choice('Once the gate is open, what is paid?', [
      // Everything of the period, from its first event on.
      'from-first',
      // The event that opens it, whole, and what comes after.
      'whole-event',
      // Only the part beyond the gate.
      'beyond',
      // Only what comes after the event that opens it.
      'later',
    ]),
  })
  .refine(
    ({ atLeast, above }) => (atLeast === undefined) !== (above === undefined),
    'must say atLeast or above',
  );
export type Gate = z.infer<typeof Gate>;

export const Limit = z
  .strictObject({
    per: choice('The limit of what?', ['line', 'event', 'deal', ...periodKinds, 'ever']),
    atMost: Money.optional(),
    atLeast: Money.optional(),
    /** Less than this is not paid at all. */
    nothingBelow: Money.optional(),
    /** No more than so many percent of the basis. */
    atMostPercent: Decimal.optional(),
  })
  .superRefine((limit, context) => {
    const { atMost, atLeast, nothingBelow, atMostPercent } = limit;
    if ([atMost, atLeast, nothingBelow, atMostPercent].every((bound) => bound === undefined))
      context.addIssue({
        code: 'custom',
        message: 'limits nothing: give atMost, atLeast, nothingBelow or atMostPercent',
      });
    const isShort = ['line', 'event', 'deal'].includes(limit.per);
    if (limit.atLeast !== undefined && !isShort)
      context.addIssue({
        code: 'custom',
        path: ['atLeast'],
        message: 'of a period is a guarantee: write a draw that is not recoverable (payout.draw)',
      });
    if (limit.nothingBelow !== undefined && !isShort)
      context.addIssue({
        code: 'custom',
        path: ['nothingBelow'],
        message: 'of a period is a minimum payout: write payout.minimum',
      });
    if (limit.atMostPercent !== undefined && !isShort)
      context.addIssue({ code: 'custom', path: ['atMostPercent'], message: 'is of one line, event or deal' });
  });
export type Limit = z.infer<typeof Limit>;

/** Months of a recurring commission, counted from 1. */
export const Months = z
  .strictObject({
    from: Whole,
    to: Whole.optional(),
    since: choice('From which day are the months counted?', ['won', 'first-payment', 'start']),
  })
  .refine(({ from }) => from >= 1, { path: ['from'], message: 'months are counted from 1' })
  .refine(({ from, to }) => to === undefined || to >= from, {
    path: ['to'],
    message: 'must not be before "from"',
  });
export type Months = z.infer<typeof Months>;

/** A milestone: pays when a counter passes a value, as often as it does. */
export const Crosses = z
  .strictObject({
    on: Measure,
    at: z.array(Positive).min(1).optional(),
    every: Positive.optional(),
    /** Whether reaching the value exactly is enough. */
    boundary: choice('Is the milestone passed when it is reached exactly, or only beyond it?', [
      'reached',
      'beyond',
    ]),
  })
  .refine(
    ({ at, every }) => (at === undefined) !== (every === undefined),
    'must say: at: [values], or: every: value',
  );
export type Crosses = z.infer<typeof Crosses>;

export const Rule = z
  .strictObject({
    rule: Key,
    /** For the partner's statement. Absent: the key. */
    label: z.string().min(1).max(120).optional(),
    earnOn: choice('When is it earned?', ['won', 'invoice', 'payment', ...periodKinds]),
    when: Conditions.optional(),
    /** Of the rules of one group only the first that fits pays. */
    group: Key.optional(),
    /** Of the rules of one such group only the one that pays most pays; of equal ones the first. */
    highestOf: Key.optional(),
    months: Months.optional(),
    /** Who is paid: the partners of the deal, the parent of the partner (one step up), or whoever referred the deal. */
    pays: z.enum(['partners', 'parent', 'referrer'], 'must be one of: partners, parent, referrer').optional(),
    /** Only partners of the deal in these roles are paid. */
    roles: z.array(z.string().min(1)).min(1).optional(),
    basis: BasisOrName,
    gate: Gate.optional(),
    crosses: Crosses.optional(),
    rate: Rate,
    multipliers: z.array(Multiplier).min(1).optional(),
    limits: z.array(Limit).min(1).optional(),
  })
  .superRefine((rule, context) => {
    const fault = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const isPeriod = isPeriodKind(rule.earnOn);
    const ofPeriod = ['counter', 'target', 'count', 'commission', 'pool'].includes(rule.basis.of);
    if (isPeriod && !ofPeriod)
      fault(
        ['basis', 'of'],
        `must be counter, target, commission, pool or count: the rule is earned once a ${rule.earnOn}`,
      );
    if (!isPeriod && (rule.basis.of === 'counter' || rule.basis.of === 'pool'))
      fault(
        ['basis', 'of'],
        'a counter or a pool is a basis at the end of a period: write earnOn: month, quarter, year or another period',
      );
    if (rule.months !== undefined && isPeriod)
      fault(['months'], 'are of a deal: earnOn must be won, invoice or payment');
    if (rule.crosses !== undefined && !(typeof rule.crosses.on === 'object' && 'counter' in rule.crosses.on))
      fault(['crosses', 'on'], 'must be a counter: nothing else is passed by an event');
    checkGate(rule.gate, fault);
    if (rule.highestOf !== undefined && remembers(rule))
      fault(
        ['highestOf'],
        'compares what each rule pays on one event alone: take out what remembers events before it (retroactive, from-first, limits of a deal or period)',
      );
    checkMixture(rule, fault);
  });
export type Rule = z.infer<typeof Rule>;

/** Whether the rule would count what it then does not pay. */
function remembers({
  rate,
  multipliers = [],
  gate,
  limits = [],
}: Pick<Rule, 'rate' | 'multipliers' | 'gate' | 'limits'>): boolean {
  const tables = [rate, ...multipliers].map((part) => part.bands?.mode ?? part.points?.mode);
  return (
    tables.includes('retroactive') ||
    gate?.pays === 'from-first' ||
    limits.some(({ per }) => per !== 'line' && per !== 'event')
  );
}

function checkGate(
  gate: Gate | undefined,
  fault: (path: (string | number)[], message: string) => void,
): void {
  const isWhole = gate?.pays === 'whole-event' || gate?.pays === 'later';
  if (typeof gate?.on === 'object' && 'weighted' in gate.on && !isWhole)
    fault(
      ['gate', 'pays'],
      'must be whole-event or later: no event moves a weighted attainment by an amount of its own',
    );
}

/** One event cannot be cut into slices and, at the same time, be paid with everything before it. */
function checkMixture(
  rule: { rate: Rate; gate?: Gate | undefined; multipliers?: readonly Multiplier[] | undefined },
  fault: (path: (string | number)[], message: string) => void,
): void {
  const modes = new Set<string>();
  const note = (part: {
    bands?: { mode: string } | undefined;
    points?: { mode: string } | undefined;
  }): void => {
    if (part.bands) modes.add(part.bands.mode);
    if (part.points) modes.add(part.points.mode);
  };
  note(rule.rate);
  rule.multipliers?.forEach(note);
  if (rule.gate?.pays === 'beyond') modes.add('marginal');
  if (rule.gate?.pays === 'from-first') modes.add('retroactive');
  if (modes.has('marginal') && modes.has('retroactive'))
    fault(
      ['rate'],
      'mixes marginal and retroactive: an event cannot be paid in slices and, together with everything before it, at one rate. Make two rules of it',
    );
}
