/**
 * What the ledger cannot post from the win of one deal. `plan run` computes all of it; `plan publish` refuses a plan that
 * uses it, because a published plan that pays less than it says would be worse than none.
 */
import type { FullPlan } from './language/full-plan.ts';
import type { Counter } from './language/counters.ts';
import type { Limit, Rule } from './language/rules.ts';
import type { Fault } from './fault.ts';
import { exponentOf } from '../platform/money.ts';

/** Empty for a plan that can be published. Pointers are RFC 6901. */
export function findUnposted(plan: FullPlan): Fault[] {
  return [
    ...plan.rules.flatMap((rule, index) => ofRule(rule, `/rules/${index}`)),
    ...ofLimits(plan.limits, '/limits'),
    ...Object.entries(plan.counters ?? {}).flatMap(([name, counter]) =>
      ofCounter(counter, `/counters/${name}`),
    ),
    ...ofTierDay(plan),
    ...ofPaying(plan),
    ...ofRounding(plan),
  ];
}

function ofRule(rule: Rule, at: string): Fault[] {
  const faults: Fault[] = [];
  if (rule.earnOn !== 'won')
    faults.push({
      pointer: `${at}/earnOn`,
      message: `must be won: an entry is posted for a win; what is earned on ${rule.earnOn} belongs to statements, which are not posted yet`,
    });
  if (rule.pays === 'parent' || rule.pays === 'referrer')
    faults.push({
      pointer: `${at}/pays`,
      message: `must be partners: a deal in the database knows its partner, and no ${rule.pays}`,
    });
  if (rule.basis.target === 'partner')
    faults.push({
      pointer: `${at}/basis/target`,
      message: 'must be an amount: no partner in the database has targets',
    });
  if (JSON.stringify([rule.rate, rule.multipliers]).includes('"reads":"previous"'))
    faults.push({
      pointer: `${at}/rate`,
      message:
        'must read counters before or after: a late win is computed again with those of its own period alone',
    });
  const { derived } = rule.rate;
  for (const name of ['target', 'quota'] as const)
    if (derived?.[name] === 'partner')
      faults.push({
        pointer: `${at}/rate/derived/${name}`,
        message: `must be an amount: no partner in the database has a ${name}`,
      });
  return [...faults, ...ofLimits(rule.limits, `${at}/limits`)];
}

/** A win moves what its successors earn: they must be few enough to be computed with it, and known. */
function ofCounter(counter: Counter, at: string): Fault[] {
  const faults: Fault[] = [];
  if (counter.scope !== 'partner')
    faults.push({
      pointer: `${at}/scope`,
      message: `must be partner: every win would change what other partners of the ${counter.scope} earn`,
    });
  if (counter.on !== 'won')
    faults.push({
      pointer: `${at}/on`,
      message: `must be won: the database knows wins, and no ${counter.on}`,
    });
  if (!isRecounted(counter.per))
    faults.push({
      pointer: `${at}/per`,
      message:
        'must be deal, month, quarter or year: a late deal is computed again with all that came after it',
    });
  if (counter.refunds === 'lower')
    faults.push({ pointer: `${at}/refunds`, message: 'must be keep: the database reads no refunds' });
  if (counter.prorate !== undefined)
    faults.push({
      pointer: `${at}/prorate`,
      message: 'must be left out: the database does not know when a partner joined or left',
    });
  if (counter.quota === 'partner')
    faults.push({
      pointer: `${at}/quota`,
      message: 'must be an amount: no partner in the database has a quota',
    });
  return faults;
}

function ofLimits(limits: readonly Limit[] = [], at: string): Fault[] {
  return limits.flatMap(({ per }, index) =>
    per !== 'line' && per !== 'event' && !isRecounted(per)
      ? [
          {
            pointer: `${at}/${index}/per`,
            message:
              'must be line, event, deal, month, quarter or year: a late deal is computed again with all that came after it',
          },
        ]
      : [],
  );
}

/** Each lies within the longest that a plan uses, so one lock is enough for all of them. */
function isRecounted(per: Counter['per'] | Limit['per']): boolean {
  return ['deal', 'month', 'quarter', 'year'].some((known) => known === per);
}

function ofTierDay({ tierOn = 'won' }: FullPlan): Fault[] {
  if (tierOn === 'won' || tierOn === 'event') return [];
  return [{ pointer: '/tierOn', message: 'must be won: an entry stores the tier of the day of the win' }];
}

function ofPaying({ payout, release, clawback, split, negativeAmounts }: FullPlan): Fault[] {
  const faults: Fault[] = [];
  const statement = 'belongs to statements, which are not posted yet: leave it out';
  if (payout !== undefined) faults.push({ pointer: '/payout', message: statement });
  if (release !== undefined) faults.push({ pointer: '/release', message: statement });
  if (clawback !== undefined && clawback !== 'none')
    faults.push({
      pointer: '/clawback',
      message:
        'must be none, or left out: a win that no longer holds is taken back whole, and refunds are not read',
    });
  if (split !== undefined)
    faults.push({ pointer: '/split', message: 'a deal in the database has one partner: leave it out' });
  if (negativeAmounts === 'count')
    faults.push({
      pointer: '/negativeAmounts',
      message: 'must be hold: what a win earns is never posted below zero',
    });
  return faults;
}

/** The ledger holds whole minor units. */
function ofRounding({ rounding, currency }: FullPlan): Fault[] {
  const faults: Fault[] = [];
  if (rounding.stage === 'period')
    faults.push({
      pointer: '/rounding/stage',
      message: 'must be line, rule or deal: an entry is posted for each win, in whole minor units',
    });
  const isFine = rounding.scale === 'currency';
  if (!isFine && (currency === 'deal' || Number(rounding.scale) > exponentOf(currency)))
    faults.push({
      pointer: '/rounding/scale',
      message: 'must be currency: entries are in whole minor units of their currency',
    });
  return faults;
}
