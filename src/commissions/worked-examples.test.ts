/** Every example of docs/plan-language.md comes out as it is worked out there, and every step of it can be computed again. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { checkSteps } from './engine/trace.ts';
import { readFullPlan } from './read-plan.ts';
import { readInput } from './read-input.ts';
import { runFull } from './run-full.ts';
import { trialLines } from '../../test/fixtures/trial-lines.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/plan-language.md', root), 'utf8');

interface Example {
  heading: string;
  plan: string;
  input: string;
  result: string;
}

/** ```yaml plan, or ```json input PLAN_FILE, then ```text result. */
function examplesOf(text: string): Example[] {
  const found: Example[] = [];
  let heading = '';
  let plan = '';
  let input = '';
  const part =
    /^(?:#{2,4} (.+)|```(yaml plan|json input|text result|text faults)(?: (\S+))?\n([\s\S]*?)^```)$/gm;
  for (const [, title, kind, file, body = ''] of text.matchAll(part)) {
    if (title !== undefined) heading = title;
    else if (kind === 'yaml plan') plan = body;
    else if (kind === 'json input') {
      input = body;
      if (file !== undefined) plan = readFileSync(fileURLToPath(new URL(file, root)), 'utf8');
    } else if (kind === 'text result') found.push({ heading, plan, input, result: body.trim() });
  }
  return found;
}

describe('the plan language, by its worked examples', () => {
  const examples = examplesOf(page);

  it('has an example for every feature', () => expect(examples.length).toBeGreaterThanOrEqual(40));

  it.each(examples.map((one, index) => [`${one.heading} (${index + 1})`, one] as const))(
    'computes %s',
    (_, { plan: source, input: text, result }) => {
      const plan = readFullPlan(source);
      if ('faults' in plan) throw new Error(JSON.stringify(plan.faults));
      const input = readInput(text);
      if ('faults' in input) throw new Error(JSON.stringify(input.faults));
      const trial = runFull(plan.plan, input.input);
      expect(trialLines(trial)).toBe(result);
      for (const { trace } of trial.entries) checkSteps(trace.steps);
      for (const { steps } of trial.periods) checkSteps(steps);
    },
  );
});

describe('a plan that leaves something open', () => {
  const refused = [
    ...page.matchAll(/^```yaml refused\n([\s\S]*?)^```\n[\s\S]*?^```text faults\n([\s\S]*?)^```/gm),
  ];

  it('is shown', () => expect(refused.length).toBeGreaterThanOrEqual(2));

  it.each(refused.map(([, plan = '', faults = '']) => [plan, faults.trim()] as const))(
    'is refused with a pointer and the question',
    (source, faults) => {
      const plan = readFullPlan(source);
      if (!('faults' in plan)) throw new Error('was taken');
      expect(plan.faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('\n')).toBe(faults);
    },
  );
});
