import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addConnection, minutesLater, now } from '../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../test/services/database.ts';
import type { WebhookReceiver } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { pauseConnection } from '../src/mirror/gate.ts';
import { storeInboxMessage } from '../src/observations/inbox.ts';
import { manualClock } from '../src/platform/clock.ts';
import { silentLogger } from '../src/platform/logging.ts';
import type { ObservingContext } from './context.ts';
import { parseNotifications } from './parse-notifications.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

async function unparsed(): Promise<number> {
  return (await test.db.query('SELECT 1 FROM inbox_messages WHERE parsed_at IS NULL')).length;
}

it('keeps the notifications of a paused connection without asking its CRM to let us in again', async () => {
  const connection = await addConnection(test.db);
  await storeInboxMessage(test.db, connection, Buffer.from('[]'), now);
  await pauseConnection(test.db, connection, minutesLater(1), 'the login was refused');
  const clock = manualClock(now);
  let opened = 0;
  const context = parsing(clock, () => opened++);

  await parseNotifications(context);
  expect({ opened, unparsed: await unparsed() }).toEqual({ opened: 0, unparsed: 1 });

  clock.advance(60_000);
  await parseNotifications(context);
  expect({ opened, unparsed: await unparsed() }).toEqual({ opened: 1, unparsed: 0 });
});

/** Only what parsing needs: a connection that is opened, and its receiver. */
function parsing(clock: ObservingContext['clock'], onOpen: () => void): ObservingContext {
  const receiver: Pick<WebhookReceiver, 'parse'> = { parse: () => ({ hints: [], bad: [] }) };
  const context: Partial<Record<keyof ObservingContext, unknown>> = {
    db: test.db,
    clock,
    logger: silentLogger,
    queues: { wake: async () => undefined },
    connections: {
      open: async (id: string) => {
        onOpen();
        return { id, identity: { accountId: 'org' }, ownFields: new Set() } as unknown as WiredConnection;
      },
    },
    webhookReceiverOf: () => receiver,
  };
  return context as unknown as ObservingContext;
}
