/** What an editor marks by docs/plan.schema.json, beside what we accept and refuse. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { readFullPlan } from './read-plan.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const text = (file: string): string => readFileSync(path.join(docs, file), 'utf8');
const schema = JSON.parse(text('plan.schema.json')) as Record<string, unknown>;
const validate = new Ajv({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  strictTypes: false,
}).compile(schema);

/** As an editor reads it: 12.10 is a number, true a boolean. */
function marksOf(source: string): string[] {
  validate(parse(source));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

const programmes = readdirSync(path.join(docs, 'plans'));
const examples = [...text('plan-language.md').matchAll(/^```yaml plan\n([\s\S]*?)^```$/gm)].map(
  ([, plan = ''], index) => [index + 1, plan] as const,
);
const recurring = text('plans/recurring.yaml');

describe('the JSON Schema of the plan language', () => {
  it.each(programmes)('marks nothing in %s', (file) => {
    expect(marksOf(text(`plans/${file}`))).toEqual([]);
  });

  it('is named by each of the programmes for editors', () => {
    expect(programmes.length).toBeGreaterThanOrEqual(6);
    for (const file of programmes)
      expect(text(`plans/${file}`)).toMatch(/^# yaml-language-server: \$schema=\.\.\/plan\.schema\.json\n/);
  });

  it('finds examples in the documentation', () => expect(examples.length).toBeGreaterThan(30));
  it.each(examples)('marks nothing in example %i of the documentation', (_, plan) => {
    expect(marksOf(plan)).toEqual([]);
  });

  it.each([
    [
      'a choice left open',
      recurring.replace(', how: by-amount', ''),
      "/clawback must have required property 'how'",
    ],
    [
      'an answer nobody knows',
      recurring.replace('stage: rule', 'stage: sometimes'),
      '/rounding/stage must be equal',
    ],
    [
      'a name nobody knows',
      recurring.replace('basis: amount', 'base: amount'),
      '/rules/0 must NOT have additional',
    ],
    [
      'two rates in one',
      recurring.replace('percent: 25', 'percent: 25, perUnit: 1'),
      '/rules/0/rate must NOT have more',
    ],
    [
      'a figure with a sign',
      recurring.replace('percent: 25', 'percent: -25'),
      '/rules/0/rate/percent must be >= 0',
    ],
    [
      'a figure in words',
      recurring.replace('percent: 25', 'percent: much'),
      '/rules/0/rate/percent must match',
    ],
    ['half a month', recurring.replace('to: 12', 'to: 12.5'), '/rules/0/months/to must be string,integer'],
  ])('marks %s, which we refuse too', (_, plan, mark) => {
    expect(marksOf(plan)).toContainEqual(expect.stringContaining(mark));
    expect(readFullPlan(plan)).toHaveProperty('faults');
  });

  it('shows every choice with its question', () => {
    const asked = JSON.stringify(schema);
    for (const question of [
      'When is it earned?',
      'How much is taken back?',
      'In which currency is the plan computed?',
    ])
      expect(asked).toContain(`"description":"${question}`);
  });
});
