import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addConnection, minutesLater, now } from '../../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { keepUsage, readUsage, usageInWords } from './keep-usage.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const midnight = minutesLater(600);

describe('the calls of a day that begins anew at an hour', () => {
  it('are told with that hour, which a process that was not told it knows from another', async () => {
    const id = await addConnection(test.db);
    await keepUsage(test.db, id, {
      used: 100,
      allowed: 1000,
      at: now.getTime(),
      resetsAt: midnight.getTime(),
    });
    await keepUsage(test.db, id, { used: 110, allowed: 1000, at: minutesLater(1).getTime() });
    const kept = await readUsage(test.db, id);
    expect(kept).toMatchObject({ used: 110, resetsAt: midnight, over: false, freeAt: null });
    expect(kept && usageInWords(kept)).toBe(
      '110 of 1000 calls of the day are used (11 %, counted anew at 2026-03-02 20:00 UTC); at this rate used up at 2026-03-02 11:30 UTC',
    );
    await keepUsage(test.db, id, { used: 5, allowed: 1000, at: minutesLater(601).getTime() });
    expect((await readUsage(test.db, id))?.resetsAt).toBeNull();
  });

  it('pause writing until then, not for 24 hours', async () => {
    const id = await addConnection(test.db);
    const said = { used: 900, allowed: 1000, at: now.getTime(), resetsAt: midnight.getTime() };
    expect(await keepUsage(test.db, id, said)).toMatchObject({ over: true, freeAt: midnight });
    const rolling = { used: 900, allowed: 1000, at: now.getTime() };
    const other = await addConnection(test.db);
    expect((await keepUsage(test.db, other, rolling)).freeAt).not.toEqual(midnight);
  });
});
