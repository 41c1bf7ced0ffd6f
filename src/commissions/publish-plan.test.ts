import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { manualClock } from '../platform/clock.ts';
import { publishDefaultPlan, publishPlan, PublishError } from './publish-plan.ts';
import { loadPlans, planAt } from './published-plans.ts';
import { readPlan } from './read-plan.ts';

const clock = manualClock(new Date('2026-06-01T00:00:00Z'));
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

function source(more: { plan?: string; version: number; from: string; to?: string; rate?: string }): string {
  return `
plan: ${more.plan ?? 'test'}
version: ${more.version}
effectiveFrom: ${more.from}
${more.to === undefined ? '' : `effectiveTo: ${more.to}`}
basis: deal-amount
currency: deal
tiers: { gold: { rate: ${more.rate ?? '10'} } }
otherTiers: hold
`;
}

function publish(more: Parameters<typeof source>[0]): ReturnType<typeof publishPlan> {
  const text = source(more);
  const read = readPlan(text);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return publishPlan(database.db, clock, { ...read, source: text, publishedBy: 'kim' });
}

async function versionOn(instant: string): Promise<number | undefined> {
  return planAt(await loadPlans(database.db), new Date(instant))?.content.version;
}

describe('publishing a plan', () => {
  it('stores a version once, also when many publish it at the same moment', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => publish({ version: 1, from: '2026-01-01' })));
    expect(results.filter((result) => result.published)).toHaveLength(1);
    expect(new Set(results.map((result) => result.id)).size).toBe(1);
  });

  it('refuses other content under a published version', async () => {
    await publish({ version: 1, from: '2026-01-01' });
    await expect(publish({ version: 1, from: '2026-01-01', rate: '11' })).rejects.toThrow(PublishError);
  });

  it('lets the next version take over on its day, and not a millisecond before', async () => {
    await publish({ version: 1, from: '2026-01-01' });
    await publish({ version: 2, from: '2026-07-01' });
    expect(await versionOn('2026-06-30T23:59:59.999Z')).toBe(1);
    expect(await versionOn('2026-07-01T00:00:00.000Z')).toBe(2);
    expect(await versionOn('2025-12-31T23:59:59.999Z')).toBeUndefined();
  });

  it('leaves a gap after a stated end, in which no plan is in effect', async () => {
    await publish({ version: 1, from: '2026-01-01', to: '2026-02-01' });
    await publish({ version: 2, from: '2026-03-01' });
    expect(await versionOn('2026-02-01T00:00:00Z')).toBeUndefined();
  });

  it.each([
    ['the same first day', { version: 2, from: '2026-01-01' }],
    ['an earlier day', { version: 2, from: '2025-06-01' }],
    ['a day before a stated end', { version: 2, from: '2026-02-15' }],
    ['another plan on a day that is covered', { plan: 'other', version: 1, from: '2026-02-15' }],
  ])('refuses an overlap: %s', async (_what, later) => {
    await publish({ version: 1, from: '2026-01-01', to: '2026-03-01' });
    await expect(publish(later)).rejects.toThrow(/effectiveFrom/);
  });

  it('refuses a version that is not above the newest', async () => {
    await publish({ version: 5, from: '2026-01-01' });
    await expect(publish({ version: 4, from: '2026-07-01' })).rejects.toThrow(/must be above 5/);
  });

  it('publishes the shipped plan only where there is none', async () => {
    await publishDefaultPlan(database.db, clock);
    await publishDefaultPlan(database.db, clock);
    expect((await loadPlans(database.db)).map((plan) => plan.content.plan)).toEqual(['default']);
  });
});
