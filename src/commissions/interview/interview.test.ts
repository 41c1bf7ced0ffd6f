/** The questions of `plan new`: whatever is answered, a plan comes out that the language takes. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../test/properties/runs.ts';
import { readFullPlan } from '../read-plan.ts';
import { faultsIn } from './draft.ts';
import { Interview, type Step } from './interview.ts';
import { programmes } from './programmes.ts';
import { blank, parts } from './skeletons.ts';
import { writePlan } from './write-plan.ts';

const figures = [
  'mine',
  '7',
  '50',
  '2027-01-01',
  'EUR',
  'partner',
  'sales',
  '0: 5, 10000: 8.5',
  'gold: 12.5',
];
const tables = ['{ months: 12 }', '[{ within: { days: 30 }, percent: 100 }]'];

/** The first of them that can be written there. */
function write(interview: Interview): string {
  const fits = [...figures, ...tables].find((given) => interview.refuses(given) === null);
  return fits ?? `nothing can be written: ${figures.map((given) => interview.refuses(given)).join()}`;
}

/** Answers everything; what is chosen is said by the numbers. */
function answerBy(interview: Interview, picks: readonly number[]): string[] {
  const asked: string[] = [];
  for (let step = interview.next(); step !== null && asked.length < 200; step = interview.next()) {
    const possible = step.options?.filter(({ refused }) => refused === null) ?? [];
    // One further rule, and no more.
    const isMore = /^\/rules\/[2-9]\?$/.test(step.id);
    const pick = isMore ? 0 : (picks[asked.length % picks.length] ?? 0);
    const given = possible[pick % Math.max(possible.length, 1)]?.value ?? step.offered ?? write(interview);
    expect({ id: step.id, given, refused: interview.answer(given) }).toEqual({
      id: step.id,
      given,
      refused: null,
    });
    asked.push(step.id);
  }
  return asked;
}

function goTo(interview: Interview, id: string): Step {
  for (let step = interview.next(); step !== null; step = interview.next()) {
    if (step.id === id) return step;
    const first = step.options?.find(({ refused }) => refused === null)?.value;
    expect(interview.answer(step.offered ?? first ?? write(interview))).toBeNull();
  }
  throw new Error(`${id} was not asked`);
}

describe('the questions for a new plan', () => {
  it('lead to a complete plan, whatever is chosen', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 7, maxLength: 40 }), (picks) => {
        const interview = new Interview(blank, false);
        expect(answerBy(interview, picks).length).toBeLessThan(200);
        expect(readFullPlan(writePlan(interview.draft, ''))).toHaveProperty('plan');
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 5) },
    );
  });

  it('keep a programme as it is when every answer is taken over, with its comments', async () => {
    const known = await programmes();
    expect(known.length).toBeGreaterThanOrEqual(6);
    for (const { draft, source } of known) {
      const interview = new Interview(draft, true);
      for (let step = interview.next(); step !== null; step = interview.next())
        expect(interview.answer(step.offered ?? `nothing offered for ${step.id}`)).toBeNull();
      const text = writePlan(interview.draft, source);
      expect(readFullPlan(text)).toEqual(readFullPlan(source));
      expect(text.split('\n')[0]).toBe(source.split('\n')[1]);
    }
  });

  it('are those of the language, with its answers', () => {
    const step = goTo(new Interview(blank, false), '/rounding/mode');
    expect(step.text).toBe('rounding, mode: Where does a half go, and what lies between?');
    expect(step.options?.map(({ value }) => value)).toContain('half-even');
    expect(step.offered).toBeUndefined();
  });

  it('ask what an answer leaves open right after it', () => {
    const interview = new Interview(blank, false);
    goTo(interview, '/payout?');
    interview.answer('yes');
    goTo(interview, '/payout/currency');
    interview.answer('partner');
    expect(interview.next()).toMatchObject({ id: '/payout/exchangeOn' });
  });

  it('refuse an answer that contradicts another, and say why', () => {
    const step = goTo(new Interview(blank, false), '/rules/0/basis');
    const refused = step.options?.find(({ value }) => value === 'counter')?.refused;
    expect(refused).toContain('write earnOn: month, quarter');
  });

  it('go back to the one before, with what was answered, and drop what only followed from it', () => {
    const interview = new Interview(blank, false);
    goTo(interview, '/rules/0/rate?');
    interview.answer('tiers');
    const tiers = interview.next();
    expect(tiers).toMatchObject({ id: '/rules/0/rate/by/cases', number: 7 });
    expect(interview.back()).toBe(true);
    expect(interview.next()).toMatchObject({ id: '/rules/0/rate?', number: 6, offered: 'tiers' });
    interview.answer('percent');
    expect(interview.next()).toMatchObject({ id: '/rules/0/rate/percent', number: 7 });
    expect(interview.draft['rules']).toEqual([expect.objectContaining({ rate: { percent: '10' } })]);
    for (let count = 0; count < 6; count += 1) expect(interview.back()).toBe(true);
    expect(interview.back()).toBe(false);
    expect(interview.draft).toEqual(blank);
  });

  it('count on: the last one is the last', () => {
    const interview = new Interview(blank, false);
    let counted = '';
    for (let step = interview.next(); step !== null; step = interview.next()) {
      counted = `${step.number} of ${step.of()}`;
      interview.answer(step.offered ?? step.options?.[0]?.value ?? write(interview));
    }
    expect(counted).toMatch(/^(\d+) of \1$/);
  });

  it('begin every part with one that is complete, or leaves only its choices open', () => {
    expect(faultsIn(blank)).toEqual([]);
    for (const { pointer, within, skeleton } of parts)
      if (within === undefined) expect(faultsIn({ ...blank, [pointer.slice(1)]: skeleton })).toEqual([]);
  });
});
