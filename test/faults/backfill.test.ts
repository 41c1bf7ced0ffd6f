import { describe, expect, it } from '@jest/globals';
import { runBackfill, type BackfillPlan, type BackfillRun } from '../backfill/backfill-run.ts';
import { createTestDatabase } from '../services/database.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import { namedCrashPoints } from './named-points.ts';

const generousMs = 300_000;

/** On a database of the tests, with every wait shortened: an interrupted worker's lease ends in seconds. */
async function run(plan: Pick<BackfillPlan, 'deals' | 'via' | 'kills'>): Promise<BackfillRun> {
  const { url, drop } = await createTestDatabase();
  const key = newEncryptionKey('test');
  const databaseEnv = {
    DATABASE_URL: url,
    TRIBUTARY_API_KEYS: `test:${'k'.repeat(32)}`,
    TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
    TRIBUTARY_RETRY_FACTOR: '0.1',
  };
  const lines: string[] = [];
  try {
    return await runBackfill({
      ...plan,
      slots: 2,
      leaseMs: 4_000,
      databaseEnv,
      progress: (line) => lines.push(line),
    });
  } catch (error) {
    throw new Error(`${String(error)}\n${lines.join('\n')}`, { cause: error });
  } finally {
    await drop();
  }
}

function expectEachOnce({ found }: BackfillRun, deals: number): void {
  expect(found).toEqual({
    deals,
    opportunities: deals,
    created: deals,
    notOne: [],
    notOneRole: [],
    twice: [],
  });
}

function callsTo({ byEndpoint }: BackfillRun, endpoint: string): number {
  return byEndpoint[endpoint]?.calls ?? 0;
}

describe('a backfill through bulk jobs whose worker is killed at every named point', () => {
  it(
    'leaves each deal once, with its contact, and gives no job its data twice',
    async () => {
      const points = await namedCrashPoints('bulk');
      const deals = 120;
      const result = await run({ deals, via: 'bulk', kills: points.map(() => ({ at: points.join(',') })) });
      expectEachOnce(result, deals);
      expect(result.kills).toBe(points.length);
      // Four kinds of records; the job whose upload was in doubt is made anew, and so is the one whose creation was.
      expect(callsTo(result, 'PUT /jobs/ingest/{id}/batches')).toBeLessThanOrEqual(4 + 1);
      expect(callsTo(result, 'POST /jobs/ingest')).toBeLessThanOrEqual(4 + 2);
    },
    generousMs,
  );
});

describe('a backfill through collections whose worker is killed', () => {
  it(
    'leaves each deal once, with its contact',
    async () => {
      const deals = 300;
      const kills = [{ after: 0.1 }, { at: 'mirror:after-crm-commit' }, { after: 0.7 }];
      const result = await run({ deals, via: 'collections', kills });
      expectEachOnce(result, deals);
      expect(result.kills).toBe(kills.length);
      expect(callsTo(result, 'POST /jobs/ingest')).toBe(0);
    },
    generousMs,
  );
});
