import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixedWindow, rollingWindow } from '../../../sandbox/hubspot/limits/window.ts';
import { NoTurn, type CallTurns, type CallWindow } from '../../crm/call-turns.ts';
import { silentLogger } from '../../platform/logging.ts';
import { addConnection } from '../../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { shareCalls } from './share-calls.ts';
import { addTurns, endTurn, takeTurns } from './turn-table.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const window: CallWindow = { name: 'burst', max: 20, lengthMs: 400, perSecond: 1000 };
const soon = (): number => Date.now() + 60_000;

/** What each of several processes has. */
async function processes(count: number): Promise<CallTurns[]> {
  const connectionId = await addConnection(test.db, { vendor: 'hubspot' });
  return Array.from({ length: count }, () => shareCalls(test.db, silentLogger, connectionId));
}

describe('turns that processes share', () => {
  it.each([
    ['rolling', rollingWindow],
    ['fixed', fixedWindow],
  ])(
    'keep within the limit of a CRM that counts by %s windows, however long answers take',
    async (_, make) => {
      const judge = make(window.max, window.lengthMs);
      let refused = 0;
      let done = 0;
      const call = async (turns: CallTurns, number: number): Promise<void> => {
        const turn = await turns.take(window, soon());
        await sleep((number * 7) % 40);
        if (!judge.take(Date.now())) refused += 1;
        await sleep((number * 13) % 60);
        done += 1;
        turn.end('answered');
      };
      const all = await processes(3);
      await Promise.all(
        all.flatMap((turns, index) => Array.from({ length: 40 }, (_each, n) => call(turns, index + 3 * n))),
      );
      expect({ done, refused }).toEqual({ done: 120, refused: 0 });
    },
  );

  it('are given in the order in which a process asked', async () => {
    const [turns] = await processes(1);
    const order: number[] = [];
    const one = { ...window, max: 1, lengthMs: 1 };
    await Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        const turn = await turns?.take(one, soon());
        order.push(number);
        turn?.end('answered');
      }),
    );
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('come back at once when the call never left', async () => {
    const [turns, other] = await processes(2);
    const one = { ...window, max: 1, lengthMs: 600_000 };
    const first = await turns?.take(one, soon());
    first?.end('never-sent');
    await expect(other?.take(one, soon())).resolves.toBeDefined();
  });

  it('are refused at the deadline, and the call is not sent', async () => {
    const [turns, other] = await processes(2);
    const one = { ...window, max: 1, lengthMs: 600_000 };
    await turns?.take(one, soon());
    await expect(other?.take(one, Date.now() + 50)).rejects.toBeInstanceOf(NoTurn);
  });

  it('of a holder that is never heard of again are not lost', async () => {
    const [turns] = await processes(1);
    const one = { ...window, max: 1 };
    await turns?.take(one, soon());
    const [row] = await test.db.query<{ heldMs: number }>(
      `SELECT (extract(epoch FROM free_at - clock_timestamp()) * 1000)::float8 AS "heldMs" FROM call_turns
        WHERE turn = 1 ORDER BY free_at DESC LIMIT 1`,
    );
    expect(row?.heldMs).toBeLessThan(Infinity);
    expect(row?.heldMs).toBeGreaterThan(0);
  });

  it('are free a window after the answer, however late the database learns of it, and never before', async () => {
    const connectionId = await addConnection(test.db, { vendor: 'hubspot' });
    const long = { ...window, max: 1, lengthMs: 600_000 };
    await addTurns(test.db, connectionId, long);
    const [taken] = await takeTurns(test.db, connectionId, long, 1, 30_000);
    const freeAfterMs = async (answeredMs: number): Promise<{ taken: number; now: number }> => {
      if (taken) await endTurn(test.db, connectionId, long, taken, answeredMs);
      const [row] = await test.db.query<{ taken: number; now: number }>(
        `SELECT (extract(epoch FROM free_at - taken_at) * 1000)::float8 AS taken,
                (extract(epoch FROM free_at - clock_timestamp()) * 1000)::float8 AS now
           FROM call_turns WHERE connection_id = $1 AND turn = 1`,
        [connectionId],
      );
      return row ?? { taken: NaN, now: NaN };
    };
    expect((await freeAfterMs(0)).taken).toBeCloseTo(600_020, 0);
    const claimedLate = await freeAfterMs(300_000);
    expect(claimedLate.now).toBeLessThanOrEqual(600_020);
    expect(claimedLate.taken).toBeGreaterThan(600_020);
  });

  it('grow in number when the CRM turns out to allow more', async () => {
    const [turns] = await processes(1);
    const long = { ...window, lengthMs: 600_000 };
    await turns?.take({ ...long, max: 1 }, soon());
    await expect(turns?.take({ ...long, max: 1 }, Date.now() + 50)).rejects.toBeInstanceOf(NoTurn);
    await expect(turns?.take({ ...long, max: 2 }, soon())).resolves.toBeDefined();
  });

  it('tell whoever waits when the database is away, and go on afterwards', async () => {
    const lost = await createTestDatabase();
    const id = await addConnection(lost.db, { vendor: 'hubspot' });
    const turns = shareCalls(lost.db, silentLogger, id);
    await lost.drop();
    await expect(turns.take(window, soon())).rejects.toThrow();
    await expect(turns.take(window, soon())).rejects.toThrow();
  });
});
