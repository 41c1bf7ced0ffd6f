/** What no part of a plan can see alone: names that must exist, choices that another part makes necessary. */
import type { z } from 'zod';
import type { Counter } from './counters.ts';
import { faultOfFact } from './fact-names.ts';
import { isPeriodKind } from './periods.ts';
import type { Rule } from './rules.ts';

interface Parts {
  effectiveFrom: string;
  effectiveTo?: string | undefined;
  currency: string;
  weeksFrom?: string | undefined;
  counters?: Record<string, Counter> | undefined;
  rules: readonly Rule[];
  limits?: readonly { per: string }[] | undefined;
  split?: { of: string; lead?: string | undefined } | undefined;
  exchange?: { rates?: readonly { to: string }[] | undefined; convert: string } | undefined;
  rounding: { stage: string };
  payout?: { currency: string } | undefined;
  release?: unknown;
  clawback?: 'none' | { rules?: readonly string[] | undefined; of: string } | undefined;
}
type Fault = (path: (string | number)[], message: string) => void;

export function checkReferences(plan: Parts, context: z.RefinementCtx): void {
  const fault: Fault = (path, message) => context.addIssue({ code: 'custom', path, message });
  if (plan.effectiveTo !== undefined && plan.effectiveTo <= plan.effectiveFrom)
    fault(['effectiveTo'], 'must be after effectiveFrom');
  checkRuleNames(plan, fault);
  plan.limits?.forEach(({ per }, index) => {
    if (per === 'line')
      fault(['limits', index, 'per'], 'a line is of one rule: write it under the limits of that rule');
  });
  checkWeeks(plan, fault);
  walk(plan, [], ({ fact }, at) => {
    const problem = typeof fact === 'string' ? faultOfFact(fact, Object.keys(plan.counters ?? {})) : null;
    if (problem !== null) fault([...at, 'fact'], problem);
  });
  checkCounters(plan, fault);
  plan.rules.forEach(({ basis, earnOn }, index) => {
    const counter = basis.of === 'pool' ? plan.counters?.[basis.counter ?? ''] : undefined;
    if (counter && (counter.scope !== 'partner' || counter.per !== earnOn))
      fault(
        ['rules', index, 'basis', 'counter'],
        `must be of each partner and of the period that is shared: scope: partner, per: ${earnOn}`,
      );
  });
  plan.rules.forEach((rule, index) => checkMeasures(plan, rule, ['rules', index], fault));
  if (plan.split?.of === 'pay' && plan.split.lead === undefined)
    fault(
      ['split', 'lead'],
      'is left open: By whose tier and counters is a shared deal paid? Write one of: listed-first | largest-share',
    );
  if (plan.currency === 'deal' && plan.exchange !== undefined)
    fault(
      ['exchange'],
      'a plan computed in the currency of each deal converts nothing before the payout: leave it out, or name one currency',
    );
  if (plan.clawback !== 'none' && plan.clawback?.of === 'paid' && plan.payout === undefined)
    fault(
      ['payout'],
      'is left open: the clawback is taken of what was paid; how often is paid? Add payout: { per: month, currency: plan }',
    );
  if (plan.currency === 'deal' && plan.rules.some(({ earnOn }) => isPeriodKind(earnOn)))
    fault(
      ['currency'],
      'must be one ISO 4217 code: rules that are earned once a period add up deals of several currencies',
    );
  if (plan.rounding.stage === 'period' && plan.payout === undefined)
    fault(
      ['payout'],
      'is left open: the total of which period is rounded? Add payout: { per: month, currency: plan }',
    );
}

/** A week begins on Mondays unless the plan says otherwise; nothing says in which week two of them begin. */
function checkWeeks(plan: Parts, fault: Fault): void {
  if (plan.weeksFrom !== undefined) return;
  walk(plan, [], (part, at) => {
    const name = ['per', 'earnOn'].find((key) => part[key] === 'two-weeks');
    if (name !== undefined)
      fault(
        ['weeksFrom'],
        `is left open: on which day did one of the two weeks of /${[...at, name].join('/')} begin? Write: weeksFrom: 2026-01-05`,
      );
  });
}

function checkRuleNames({ rules, clawback }: Parts, fault: Fault): void {
  const names = rules.map(({ rule }) => rule);
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) fault(['rules', index, 'rule'], `there is already a rule "${name}"`);
  });
  rules.forEach((rule, index) =>
    rule.basis.rules?.forEach((name, at) => {
      if (!names.slice(0, index).includes(name))
        fault(['rules', index, 'basis', 'rules', at], `there is no rule "${name}" before this one`);
    }),
  );
  const taken = clawback === 'none' ? undefined : clawback?.rules;
  taken?.forEach((name, at) => {
    if (!names.includes(name)) fault(['clawback', 'rules', at], `there is no rule "${name}"`);
  });
}

function checkCounters({ counters = {}, split, currency }: Parts, fault: Fault): void {
  for (const [name, counter] of Object.entries(counters)) {
    if (split !== undefined && counter.credit === undefined)
      fault(
        ['counters', name, 'credit'],
        'is left open: Does a partner of a shared deal get credit for all of it, or for its share? Write one of: full | share',
      );
    if (
      currency === 'deal' &&
      counter.scope !== 'partner' &&
      counter.of !== 'count' &&
      counter.of !== 'quantity'
    )
      fault(
        ['counters', name, 'scope'],
        'adds up amounts of several currencies: name one currency for the plan',
      );
  }
}

/** Every counter that a rule reads exists; percent of a quota needs a quota. */
function checkMeasures({ counters = {} }: Parts, rule: Rule, path: (string | number)[], fault: Fault): void {
  walk(rule, path, (value, at) => {
    const name = value['counter'];
    if (typeof name !== 'string') return;
    const counter = counters[name];
    if (counter === undefined) fault([...at, 'counter'], `there is no counter "${name}"`);
    else if ((value['as'] === 'percent-of-quota' || isWeighed(value)) && counter.quota === undefined)
      fault(['counters', name, 'quota'], 'is left open: what is 100 %? Write an amount, or: partner');
  });
  if (rule.earnOn === 'payment' || rule.earnOn === 'invoice' || rule.earnOn === 'won')
    walk(rule, path, (value, at) => {
      const name = value['counter'];
      const counter = typeof name === 'string' ? counters[name] : undefined;
      if (counter !== undefined && counter.on !== rule.earnOn && sliced(value, rule))
        fault(
          at,
          `the rule is earned on ${rule.earnOn}, but the counter "${String(name)}" counts on ${counter.on}: such an event moves it by nothing. Read it with mode: step`,
        );
    });
}

function isWeighed(value: Record<string, unknown>): boolean {
  return value['percent'] !== undefined && value['of'] === undefined;
}

/** Whether the rule pays by how far an event moves this counter. */
function sliced(measure: Record<string, unknown>, rule: Rule): boolean {
  const tables = [rule.rate.bands, ...(rule.multipliers ?? []).map(({ bands }) => bands)];
  return (
    tables.some(
      (bands) => bands !== undefined && (bands.on as unknown) === measure && bands.mode === 'marginal',
    ) ||
    (rule.gate?.pays === 'beyond' && (rule.gate.on as unknown) === measure)
  );
}

function walk(
  value: unknown,
  path: (string | number)[],
  visit: (value: Record<string, unknown>, path: (string | number)[]) => void,
): void {
  if (Array.isArray(value)) return value.forEach((part, index) => walk(part, [...path, index], visit));
  if (typeof value !== 'object' || value === null) return;
  visit(value as Record<string, unknown>, path);
  for (const [name, part] of Object.entries(value)) walk(part, [...path, name], visit);
}
