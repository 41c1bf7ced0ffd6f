/** A plan in plain words, for people who do not read YAML: every choice it makes, section by section. */
import { explainRule, sayConditions, sayLimit, sayMoney, sayPeriod, saySpan } from './explain-rule.ts';
import type { FullPlan } from './language/full-plan.ts';
import type { Money } from './language/choices.ts';
import { drawsOf, type Draw } from './language/paying.ts';
import { isPeriodKind } from './language/periods.ts';

export interface Section {
  title: string;
  says: string[];
}

export function explainPlan(plan: FullPlan): Section[] {
  const sections: Section[] = [
    { title: 'The plan', says: frame(plan) },
    ...Object.entries(plan.counters ?? {}).map(([name, counter]) => ({
      title: `Counter ${name}`,
      says: counterSays(counter, plan.currency),
    })),
    ...plan.rules.map((rule) => ({
      title: rule.label ? `Rule ${rule.rule} (${rule.label})` : `Rule ${rule.rule}`,
      says: explainRule(rule, plan.currency),
    })),
    {
      title: 'All rules together',
      says: (plan.limits ?? []).map((limit) => sayLimit(limit, (amount) => sayMoney(amount, plan.currency))),
    },
    { title: 'Shared deals', says: sharing(plan) },
    { title: 'Currencies and rounding', says: [...exchanging(plan), rounding(plan)] },
    { title: 'Paying', says: paying(plan) },
    { title: 'Taking back', says: takingBack(plan) },
  ];
  return sections.filter(({ says }) => says.length > 0);
}

function frame(plan: FullPlan): string[] {
  const until = plan.effectiveTo
    ? `until the day before ${plan.effectiveTo}`
    : 'until the next plan takes effect';
  const tiers = {
    won: 'the win',
    event: 'the event',
    'month-start': "the month's first day",
    'quarter-start': "the quarter's first day",
    'year-start': "the year's first day",
  };
  return [
    `${plan.plan}, version ${plan.version}: for deals won from ${plan.effectiveFrom} on, ${until}.`,
    plan.currency === 'deal' ? 'Each deal is computed in its own currency.' : `Computed in ${plan.currency}.`,
    ...(plan.when ? [`Only deals where ${sayConditions(plan.when)} earn by it.`] : []),
    ...(plan.tierOn ? [`A partner's tier is that of the day of ${tiers[plan.tierOn]}.`] : []),
    ...(plan.yearStartsIn && plan.yearStartsIn !== 1
      ? [`The year begins in month ${plan.yearStartsIn}.`]
      : []),
    ...(plan.weeksFrom ? [`Weeks, and two weeks, are counted from ${plan.weeksFrom}.`] : []),
    plan.negativeAmounts === 'count'
      ? 'Amounts below zero count as they are.'
      : 'Amounts below zero are held.',
  ];
}

function counterSays(counter: NonNullable<FullPlan['counters']>[string], currency: string): string[] {
  const from = {
    deal: 'for each deal anew',
    ever: 'without end',
  };
  const on = { won: 'deals won', invoice: 'invoices', payment: 'payments received' }[counter.on];
  const of = {
    amount: 'the amounts',
    lines: 'the products',
    margin: 'the margins',
    quantity: 'the quantities',
    count: 'the number',
  }[counter.of];
  const per =
    typeof counter.per === 'object'
      ? `of the last ${saySpan(counter.per.rolling)}`
      : isPeriodKind(counter.per)
        ? `each ${sayPeriod(counter.per)} anew`
        : from[counter.per];
  const scope = counter.scope === 'everybody' ? 'everybody together' : `each ${counter.scope}`;
  return [
    `Adds up ${of} of ${on} for ${scope}, ${per}${counter.when ? `, where ${sayConditions(counter.when)}` : ''}${counter.less ? `, less ${counter.less.join(' and ')}` : ''}.`,
    ...(counter.weights ?? []).map(
      ({ when, percent }) => `${percent} % counts where ${sayConditions(when)}.`,
    ),
    ...(counter.quota
      ? [
          `100 % is ${counter.quota === 'partner' ? "each partner's own quota" : sayMoney(counter.quota, currency)}${counter.prorate ? `, prorated by ${sayPeriod(counter.prorate)}` : ''}.`,
        ]
      : []),
    ...(counter.credit
      ? [
          counter.credit === 'full'
            ? 'Every partner of a shared deal gets credit for all of it.'
            : 'A partner of a shared deal gets credit for its share.',
        ]
      : []),
    ...(counter.refunds === 'lower'
      ? ['A refund or a cancellation lowers it, in the period it comes in.']
      : []),
    ...(counter.roles ? [`Only partners in the role ${counter.roles.join(' or ')} are credited.`] : []),
  ];
}

function sharing({ split }: FullPlan): string[] {
  if (!split) return ['A deal with several partners is held.'];
  const shares =
    split.shares === 'deal'
      ? 'as each deal says'
      : split.shares === 'equal'
        ? 'in equal parts'
        : Object.entries(split.shares)
            .map(([role, percent]) => `${role} ${percent} %`)
            .join(', ');
  const sum = { 'exactly-100': 'exactly 100 %', 'at-most-100': 'at most 100 %', any: 'anything (overlay)' }[
    split.sum
  ];
  const lead =
    split.lead === 'largest-share' ? 'the partner with the largest share' : 'the partner named first';
  return [
    `Shared ${shares}; the shares must be ${sum}.`,
    split.of === 'pay'
      ? `The pay is computed once, by the tier and counters of ${lead}, and shared.`
      : 'The basis is shared; each partner is paid by its own tier and counters.',
    `Cents left over go to the largest remainders; of equal ones to ${split.tie === 'partner-key' ? 'the first by key' : 'the partner named first'}.`,
  ];
}

function exchanging({ exchange, currency }: FullPlan): string[] {
  if (!exchange)
    return currency === 'deal' ? [] : ['A deal in another currency is held: the plan converts nothing.'];
  const what =
    exchange.convert === 'basis'
      ? 'The basis is converted before the rate is applied'
      : 'What was earned is converted';
  return [
    `${what}, at the exchange rate of the day of: ${exchange.date}. A missing rate holds the deal${exchange.inverse === 'allowed' ? '; one of the other direction is turned round' : ''}.`,
    ...(exchange.rates ?? []).map(
      (rate) => `1 ${rate.from} = ${rate.rate} ${rate.to} from ${rate.on} (${rate.source}).`,
    ),
  ];
}

function rounding({ rounding: { mode, scale, stage, steps } }: FullPlan): string {
  const what = {
    line: 'each line item',
    rule: 'each entry',
    deal: "each partner's total of a deal",
    period: "each partner's total of a period",
  }[stage];
  const also = Object.entries(steps ?? {}).map(
    ([name, places]) => `${name} to ${places?.scale} decimals ${places?.mode}`,
  );
  return `Rounded once, ${mode}, to ${scale === 'currency' ? 'the decimals of the currency' : `${scale} decimals`}: ${what}.${also.length > 0 ? ` On the way: ${also.join(', ')}.` : ''}`;
}

function paying({ payout, release, currency }: FullPlan): string[] {
  const money = (amount: Parameters<typeof sayMoney>[0]): string => sayMoney(amount, currency);
  const parts = (release ?? []).map(
    ({ percent, on, after }) => `${percent} % ${on}${after ? ` and ${saySpan(after)}` : ''}`,
  );
  return [
    ...(release ? [`Becomes payable: ${parts.join(', ')}.`] : []),
    ...(payout
      ? [
          `Paid once a ${sayPeriod(payout.per)}, in ${{ plan: 'the currency of the plan', partner: "the partner's currency" }[payout.currency] ?? payout.currency}${payout.exchangeOn ? ` at the exchange rate of the ${payout.exchangeOn}${payout.payDay ? `, ${saySpan(payout.payDay)} after its end` : ''}` : ''}.`,
        ]
      : []),
    ...(payout?.minimum ? [`Less than ${money(payout.minimum.amount)}: ${payout.minimum.below}.`] : []),
    ...(payout?.maximum ? [`More than ${money(payout.maximum.amount)}: ${payout.maximum.above}.`] : []),
    ...(payout ? drawsOf(payout).map((draw) => sayDraw(draw, sayPeriod(payout.per), money)) : []),
  ];
}

function sayDraw(
  { amount, recoverable, repay, from, until }: Draw,
  period: string,
  money: (amount: Money) => string,
): string {
  const what = amount === 'partner' ? "each partner's draw" : money(amount);
  const when = `${from ? ` from ${from} on` : ''}${until ? ` until the day before ${until}` : ''}`;
  const then = recoverable === 'yes' ? `; what was advanced is repaid ${repay ?? ''}` : ', and never repaid';
  return `At least ${what} is paid a ${period}${when}${then}.`;
}

function takingBack({ clawback }: FullPlan): string[] {
  if (clawback === undefined) return ['A deal that is cancelled or refunded is held.'];
  if (clawback === 'none') return ['Nothing is taken back when a deal is cancelled or refunded.'];
  const how = {
    full: 'all of it',
    percent: `${clawback.percent ?? ''} % of it`,
    'by-amount': 'in proportion to what was refunded',
    'by-time': `in proportion to what is left of ${clawback.over ? saySpan(clawback.over) : ''}, a month that has begun ${clawback.started ?? ''}`,
    'by-steps': (clawback.steps ?? [])
      .map(({ within, percent }) => `${percent} % within ${saySpan(within)}`)
      .join(', '),
  }[clawback.how];
  const window = clawback.within
    ? `within ${saySpan(clawback.within)} (the last day ${clawback.boundary ?? 'included'}) from ${clawback.since}`
    : 'whenever it is';
  return [
    `A deal that is cancelled or refunded ${window}: ${how} is taken back, of what was ${clawback.of}, and never more than that.`,
    `When more is taken back than there is: ${clawback.negative}.`,
    ...(clawback.rules ? [`Only of ${clawback.rules.join(', ')}.`] : []),
  ];
}
