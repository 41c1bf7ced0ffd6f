/** A plan of one rule with parts of it replaced, and what is wrong with it. */
import { parse, stringify } from 'yaml';
import { readFullPlan } from '../../src/commissions/read-plan.ts';

type Json = Record<string, unknown>;

/** @param parts of the plan @param rule parts of its rule, both in YAML @returns "/pointer message" of each fault */
export function faultsOf(parts: string, rule: string): string[] {
  const read = readFullPlan(
    stringify({
      plan: 'p',
      version: '1',
      effectiveFrom: '2026-01-01',
      currency: 'EUR',
      rules: [{ rule: 'r', earnOn: 'won', basis: 'amount', rate: { percent: '10' }, ...fields(rule) }],
      rounding: { mode: 'half-up', scale: 'currency', stage: 'rule' },
      ...fields(parts),
    }),
  );
  return 'faults' in read ? read.faults.map(({ pointer, message }) => `${pointer} ${message}`) : [];
}

function fields(text: string): Json {
  return (parse(text, { schema: 'failsafe' }) as Json | null) ?? {};
}
