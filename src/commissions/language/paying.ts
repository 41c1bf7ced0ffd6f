/** From what is earned to what is paid: hold-backs, releases, draws, thresholds, clawbacks. */
import { z } from 'zod';
import { periodKinds } from './periods.ts';
import { choice, Currency, Day, Decimal, Key, Money, Positive, Span, Whole } from './choices.ts';

const Part = z
  .strictObject({
    percent: Decimal,
    on: z.enum([
      'earned',
      'invoiced',
      'paid-in-full',
      'each-payment',
      'month-end',
      'quarter-end',
      'year-end',
    ]),
    after: Span.optional(),
  })
  .describe('so many percent, when, and how long after that');
export type ReleasePart = z.infer<typeof Part>;

/** When what is earned becomes payable: an advance now and the rest when the money is in, for one. */
export const Release = z
  .array(Part)
  .min(1)
  .superRefine((parts, context) => {
    const sum = parts.reduce((total, { percent }) => total + Math.round(Number(percent) * 1e6), 0);
    if (sum !== 100e6) context.addIssue({ code: 'custom', message: `adds up to ${sum / 1e6} %, not 100 %` });
  });

export const Draw = z.strictObject({
  /** A period; or `partner`: as the input names it for each partner. */
  amount: z.union([z.literal('partner'), Money]),
  recoverable: choice('Is what was advanced repaid out of later earnings?', ['yes', 'no']),
  /** Needed when recoverable. */
  repay: choice('Is it repaid only out of what exceeds the draw, or out of everything that is earned?', [
    'from-excess',
    'from-everything',
  ]).optional(),
  from: Day.optional(),
  until: Day.optional(),
});
export type Draw = z.infer<typeof Draw>;

export function drawsOf({ draw, draws }: { draw?: Draw | undefined; draws?: Draw[] | undefined }): Draw[] {
  return draws ?? (draw === undefined ? [] : [draw]);
}

export const Payout = z
  .strictObject({
    per: choice('How often is paid?', periodKinds),
    currency: z.union([z.enum(['plan', 'partner']), Currency], {
      error:
        'is left open: in which currency is paid? Write: plan, partner (as the input names it), or an ISO 4217 code',
    }),
    /** Needed unless `currency: plan`: the exchange rate of which day. */
    exchangeOn: choice('The exchange rate of which day?', [
      'period-end',
      'period-start',
      'pay-day',
    ]).optional(),
    minimum: z
      .strictObject({
        amount: Money,
        below: choice('What happens to less than that?', ['carry-forward', 'forfeit', 'raise-to-it']),
      })
      .optional(),
    draw: Draw.optional(),
    /** Several after each other, by their from and until: of two in force the first. */
    draws: z.array(Draw).min(1).optional(),
    /** How long after the end of a period it is paid; with exchangeOn: pay-day. */
    payDay: Span.optional(),
    /** No more than this is paid a period; the rest is: */
    maximum: z
      .strictObject({
        amount: Money,
        above: choice('What happens to more than that?', ['carry-forward', 'forfeit']),
      })
      .optional(),
  })
  .superRefine((payout, context) => {
    if (payout.currency !== 'plan' && payout.exchangeOn === undefined)
      context.addIssue({
        code: 'custom',
        path: ['exchangeOn'],
        message:
          'is left open: The exchange rate of which day? Write one of: period-end | period-start | pay-day',
      });
    if (payout.draw !== undefined && payout.draws !== undefined)
      context.addIssue({ code: 'custom', path: ['draws'], message: 'stands beside draw: write one of them' });
    if (payout.exchangeOn === 'pay-day' && payout.payDay === undefined)
      context.addIssue({
        code: 'custom',
        path: ['payDay'],
        message: 'is left open: how long after the end of the period is it paid? Write: payDay: { days: 15 }',
      });
    drawsOf(payout).forEach(({ recoverable, repay }, index) => {
      if (recoverable !== 'yes' || repay !== undefined) return;
      context.addIssue({
        code: 'custom',
        path: payout.draws ? ['draws', index, 'repay'] : ['draw', 'repay'],
        message:
          'is left open: Is it repaid only out of what exceeds the draw, or out of everything that is earned? Write one of: from-excess | from-everything',
      });
    });
  });
export type Payout = z.infer<typeof Payout>;

const Step = z.strictObject({ within: Span, percent: Decimal });

export const Clawback = z
  .strictObject({
    /** Absent: whenever. */
    within: Span.optional(),
    since: choice('From which day does the window run?', ['won', 'first-payment', 'start']),
    boundary: choice('Does the last day of the window still belong to it?', [
      'included',
      'excluded',
    ]).optional(),
    how: choice('How much is taken back?', ['full', 'percent', 'by-amount', 'by-time', 'by-steps']),
    percent: Positive.optional(),
    /** by-time: the whole, of which what is left is taken back. */
    over: Span.optional(),
    /** by-time: what a part of a month counts. */
    started: choice('Is a month that has begun counted as used, or as left?', [
      'used',
      'left',
      'by-day',
    ]).optional(),
    /** by-steps: the first that fits. */
    steps: z.array(Step).min(1).optional(),
    of: choice('Is it taken of what was paid, or of what was earned?', ['paid', 'earned']),
    /** What is taken back and was not earned again yet. */
    negative: choice('What happens when more is taken back than there is?', [
      'carry-forward',
      'collect',
      'forgive',
    ]),
    rules: z.array(Key).min(1).optional(),
  })
  .superRefine((clawback, context) => {
    const need = (name: string, question: string): void =>
      context.addIssue({ code: 'custom', path: [name], message: `is left open: ${question}` });
    if (clawback.within !== undefined && clawback.boundary === undefined)
      need(
        'boundary',
        'Does the last day of the window still belong to it? Write one of: included | excluded',
      );
    if (clawback.how === 'percent' && clawback.percent === undefined) need('percent', 'How many percent?');
    if (clawback.how === 'by-time' && clawback.over === undefined)
      need('over', 'Over how long is it earned? { months: 12 }');
    if (clawback.how === 'by-time' && clawback.started === undefined)
      need(
        'started',
        'Is a month that has begun counted as used, or as left? Write one of: used | left | by-day',
      );
    if (clawback.how === 'by-steps' && clawback.steps === undefined)
      need('steps', 'Which steps? [{ within: { days: 30 }, percent: 100 }]');
  });
export type Clawback = z.infer<typeof Clawback>;

export const FirstMonth = Whole.refine((month) => month >= 1 && month <= 12, 'must be a month from 1 to 12');
