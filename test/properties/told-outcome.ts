/** What a plan of one rule makes of deals, told in lines: amounts with every sentence, releases, payouts and holds. */
import { parse, stringify } from 'yaml';
import { checkSteps } from '../../src/commissions/engine/trace.ts';
import { readInput } from '../../src/commissions/read-input.ts';
import { readFullPlan } from '../../src/commissions/read-plan.ts';
import { runFull, type FullTrial } from '../../src/commissions/run-full.ts';

type Json = Record<string, unknown>;

/**
 * @param plan parts of the plan, in EUR @param rule parts of its one rule (10 % of the amount won)
 * @param deals of p, 1,000.00 EUR, won on 10 May 2026, unless they say otherwise: one a line, in YAML
 * @param more of the input, in YAML
 */
export function told(plan: string, rule: string, deals: string, more = ''): string[] {
  const read = readFullPlan(
    stringify({
      plan: 'p',
      version: '1',
      effectiveFrom: '2026-01-01',
      currency: 'EUR',
      rules: [{ rule: 'r', earnOn: 'won', basis: 'amount', rate: { percent: '10' }, ...fields(rule) }],
      rounding: { mode: 'half-up', scale: 'currency', stage: 'rule' },
      ...fields(plan),
    }),
  );
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  const list = deals.split('\n').map((line, index) => ({
    deal: `D${index + 1}`,
    partner: line.includes('partners:') ? undefined : 'p',
    amount: '1000',
    currency: 'EUR',
    wonAt: '2026-05-10',
    ...withNull(fields(`{ ${line} }`)),
  }));
  const input = readInput(JSON.stringify({ deals: list, ...fields(more) }));
  if ('faults' in input) throw new Error(JSON.stringify(input.faults));
  const trial = runFull(read.plan, input.input);
  for (const { trace } of trial.entries) checkSteps(trace.steps);
  for (const { steps } of trial.periods) checkSteps(steps);
  return [...trial.entries.map(entryLine), ...trial.periods.map(periodLine), ...endLines(trial)];
}

function fields(text: string): Json {
  return (parse(text, { schema: 'failsafe' }) as Json | null) ?? {};
}

function withNull(deal: Json): Json {
  return Object.fromEntries(
    Object.entries(deal).map(([name, value]) => [name, value === 'null' ? null : value]),
  );
}

function entryLine(entry: FullTrial['entries'][number]): string {
  const { deal, partner, role, rule, kind, event, at, amount, currency, uncapped, releases, trace } = entry;
  const who = [deal, event === 'won' ? null : `${event} ${at}`, partner === 'p' ? null : partner, role];
  const what = [rule === 'r' ? null : rule, kind === 'earned' ? null : kind, amount, currency];
  const before = Number(uncapped) === Number(amount) ? '' : ` (of ${uncapped})`;
  const isPlain = releases.length === 1 && releases[0]?.at === at.slice(0, 10);
  const later = isPlain
    ? ''
    : ` due ${releases.map((one) => `${one.at ?? 'some day'} ${one.amount}`).join(', ')}`;
  const steps = trace.steps.map(({ step }) => step).join(' ');
  return `${[...who, ...what].filter(Boolean).join(' ')}${before}${later} [${steps}] ${trace.sentence}`;
}

function periodLine(period: FullTrial['periods'][number]): string {
  const names = ['heldBack', 'released', 'clawedBack', 'carriedIn', 'carriedOut', 'forfeited'] as const;
  const more = ['drawPaid', 'drawRepaid', 'drawBalance'] as const;
  const shown = [...names, ...more].filter((name) => /[1-9]/.test(period[name]));
  const figures = shown.map((name) => `, ${name} ${period[name]}`).join('');
  const { partner, paid, explanation, steps } = period;
  const who = partner === 'p' ? '' : ` ${partner}`;
  const list = steps.map(({ step }) => step).join(' ');
  return `${period.period}${who} pays ${paid.amount} ${paid.currency}${figures} [${list}] ${explanation}`;
}

function endLines({ held, pending, balances }: FullTrial): string[] {
  return [
    ...held.map(
      (one) => `held ${one.deal ?? one.partner} ${one.event} ${one.at} ${one.reason} ${one.explanation}`,
    ),
    ...pending.map(
      (one) => `pending ${one.partner} ${one.deal} ${one.at ?? 'some day'} ${one.amount} ${one.currency}`,
    ),
    ...balances.map((one) => `left ${one.partner} ${one.currency} carried ${one.carried} draw ${one.draw}`),
  ];
}
