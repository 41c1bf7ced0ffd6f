/** What stood before the first deal. */
import { Exact } from '../exact.ts';
import { counterKey } from './attainment.ts';
import { periodOf } from './days.ts';
import { isPeriodKind } from '../language/periods.ts';
import type { State } from './input.ts';
import type { Entry } from './results.ts';
import type { RunState } from './run-state.ts';

export function takeOverState(run: RunState, state: State | undefined): void {
  if (state === undefined) return;
  const plan = run.plan;
  for (const { counter: name, of, at, value } of state.counters ?? []) {
    const counter = plan.counters?.[name];
    if (!counter) continue;
    const key = counterKey(plan, name, counter, of ?? '*', '', at, '');
    if (typeof counter.per === 'object')
      run.windows.set(key, [...(run.windows.get(key) ?? []), { day: at, value: new Exact(value) }]);
    else {
      run.tally.add(key, new Exact(value));
      run.stood.push({ key, at, value: new Exact(value) });
    }
  }
  for (const one of state.earned ?? []) takeOverEarned(run, one);
  for (const { partner, currency, carried, draw } of state.balances ?? [])
    run.balances.set(`${partner}|${currency}`, {
      carried: new Exact(carried ?? '0'),
      draw: new Exact(draw ?? '0'),
    });
  for (const one of state.entries ?? []) takeOverEntry(run, one);
  run.tally.commit();
}

function takeOverEarned(
  run: RunState,
  { rule: name, partner, at, basis, quantity, amount, currency }: NonNullable<State['earned']>[number],
): void {
  const plan = run.plan;
  const of = currency ?? (plan.currency === 'deal' ? '' : plan.currency);
  const rule = plan.rules.find((one) => one.rule === name);
  for (const { per } of (rule ? rule.limits : plan.limits) ?? []) {
    const period = per === 'ever' ? 'ever' : isPeriodKind(per) ? periodOf(at, per, plan).name : null;
    if (period !== null) run.tally.add(`limit|${name ?? '*'}|${partner}|${of}|${period}`, new Exact(amount));
  }
  if (!rule) return;
  const measure = rule.rate.bands?.on ?? rule.rate.points?.on ?? rule.gate?.on;
  const counterName = typeof measure === 'object' && 'counter' in measure ? measure.counter : undefined;
  const counter = counterName === undefined ? undefined : plan.counters?.[counterName];
  if (counterName === undefined || counter === undefined) return;
  const scope =
    counter.scope === 'parent'
      ? (run.directory.get(partner)?.parent ?? partner)
      : counter.scope === 'everybody'
        ? '*'
        : partner;
  const key = counterKey(plan, counterName, counter, scope, '', at, '');
  const add = (what: string, value: string | undefined): void => {
    if (value !== undefined) run.tally.add(`${what}|${rule.rule}|${partner}|${of}|${key}`, new Exact(value));
  };
  add('paid', amount);
  add('basis', basis);
  add('quantity', quantity);
}

function takeOverEntry(
  run: RunState,
  { deal, rule, partner, at, amount, currency, paidAt }: NonNullable<State['entries']>[number],
): void {
  const exact = new Exact(amount);
  const of = currency ?? run.plan.currency;
  const entry: Entry = {
    id: ++run.entries,
    deal,
    partner,
    role: null,
    rule,
    label: run.plan.rules.find((one) => one.rule === rule)?.label ?? rule,
    kind: 'earned',
    event: 'before',
    at,
    part: null,
    amount: exact,
    currency: of,
    uncapped: exact,
    corrects: null,
    releases: [{ at: paidAt ?? null, amount: exact, say: '' }],
    explanation: 'entered before',
    steps: [],
  };
  const list = run.standing.get(deal) ?? [];
  list.push({ entry, clawedBack: new Exact(0), voided: new Exact(0) });
  run.standing.set(deal, list);
}
