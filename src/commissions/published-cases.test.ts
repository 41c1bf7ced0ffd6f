/**
 * Calculations of the kind that vendors, courts and textbooks print, in `test/published/*.yaml`: each names the kind of page
 * its arithmetic comes from, and works its figures out by hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { trialLines } from '../../test/fixtures/trial-lines.ts';
import { checkSteps } from './engine/trace.ts';
import { readFullPlan } from './read-plan.ts';
import { readInput } from './read-input.ts';
import { runFull } from './run-full.ts';

const folder = path.resolve(import.meta.dirname, '../../test/published');

const Case = z.strictObject({
  name: z.string(),
  /** What kind of page prints such a calculation. */
  page: z.string(),
  /** Worked out by hand. */
  worked: z.string(),
  plan: z.string(),
  /** Of `river`, in dollars, unless a deal says otherwise. */
  deals: z.array(z.record(z.string(), z.unknown())),
  more: z.record(z.string(), z.unknown()).default({}),
  result: z.string(),
});
type Case = z.infer<typeof Case>;

const head = 'plan: p\nversion: 1\neffectiveFrom: 2020-01-01\n';
const usual: Record<string, string> = {
  'currency:': 'currency: USD\n',
  'rounding:': 'rounding: { mode: half-up, scale: currency, stage: rule }\n',
};

function whole(plan: string): string {
  const missing = Object.entries(usual).filter(([name]) => !new RegExp(`^${name}`, 'm').test(plan));
  return head + missing.map(([, line]) => line).join('') + plan;
}

/** Figures are read as text, as a person would write them into JSON. */
function casesOf(file: string): Case[] {
  const read: unknown = parse(readFileSync(path.join(folder, file), 'utf8'), { schema: 'failsafe' });
  return z.array(Case).parse(read);
}

for (const file of readdirSync(folder)) {
  describe(`published calculations: ${path.basename(file, '.yaml')}`, () => {
    it.each(casesOf(file).map((one) => [`${one.page}: ${one.name}`, one] as const))('%s', (_, one) => {
      const plan = readFullPlan(whole(one.plan));
      if ('faults' in plan) throw new Error(JSON.stringify(plan.faults, null, 1));
      const deals = one.deals.map((deal) => ({
        ...(deal['partners'] === undefined ? { partner: 'river' } : {}),
        currency: 'USD',
        ...deal,
      }));
      const input = readInput(JSON.stringify({ deals, ...one.more }));
      if ('faults' in input) throw new Error(JSON.stringify(input.faults, null, 1));
      const trial = runFull(plan.plan, input.input);
      expect(trialLines(trial)).toBe(one.result.trim());
      for (const { trace } of trial.entries) checkSteps(trace.steps);
      for (const { steps } of trial.periods) checkSteps(steps);
    });
  });
}
