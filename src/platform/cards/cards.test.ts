import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addConnection, minutesLater, now } from '../../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { closeCards, listCards, openCard, type Card } from './cards.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

async function card(subject: string): Promise<Card> {
  const connectionId = await addConnection(test.db);
  return { connectionId, kind: 'field-gone', subject, plain: 'It is gone.', nextStep: 'Put it back.' };
}

describe('a card', () => {
  it('is opened once however often its cause is met, and keeps the time it was met last', async () => {
    const wanted = await card('Amount');
    expect(await openCard(test.db, wanted, now)).toBe(true);
    expect(await openCard(test.db, { ...wanted, plain: 'Still gone.' }, minutesLater(5))).toBe(false);
    const [stored, ...others] = await listCards(test.db, { connectionId: wanted.connectionId });
    expect(others).toEqual([]);
    expect(stored).toMatchObject({
      plain: 'Still gone.',
      openedAt: now,
      lastMetAt: minutesLater(5),
      closedAt: null,
    });
  });

  it('is a new one when its cause comes back after it was closed', async () => {
    const wanted = await card('Amount');
    await openCard(test.db, wanted, now);
    expect(await closeCards(test.db, { ...wanted, subject: 'Name' }, minutesLater(1))).toBe(0);
    expect(await closeCards(test.db, wanted, minutesLater(1))).toBe(1);
    expect(await listCards(test.db, { connectionId: wanted.connectionId })).toEqual([]);
    expect(await openCard(test.db, wanted, minutesLater(2))).toBe(true);
    const all = await listCards(test.db, { connectionId: wanted.connectionId, withClosed: true });
    expect(all.map(({ closedAt }) => closedAt)).toEqual([minutesLater(1), null]);
  });
});
