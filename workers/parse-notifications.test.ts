import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { webhook } from '../connectors/hubspot/listen.ts';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addPartnerRow,
  minutesLater,
  now,
} from '../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../test/services/database.ts';
import type { WebhookReceiver } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { pauseConnection } from '../src/mirror/gate.ts';
import { storeInboxMessages } from '../src/observations/inbox.ts';
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
  await storeInboxMessages(test.db, [{ connectionId: connection, body: Buffer.from('[]'), receivedAt: now }]);
  await pauseConnection(test.db, connection, minutesLater(1), 'the login was refused');
  const clock = manualClock(now);
  let opened = 0;
  const context = parsing(clock, { onOpen: () => opened++ });

  await parseNotifications(context);
  expect({ opened, unparsed: await unparsed() }).toEqual({ opened: 0, unparsed: 1 });

  clock.advance(60_000);
  await parseNotifications(context);
  expect({ opened, unparsed: await unparsed() }).toEqual({ opened: 1, unparsed: 0 });
});

const change = {
  ...{
    eventId: 7,
    subscriptionId: 1,
    portalId: 41,
    appId: 900,
    occurredAt: 1_700_000_000_000,
    attemptNumber: 0,
  },
  ...{ subscriptionType: 'deal.propertyChange', objectId: 5, propertyName: 'amount', propertyValue: '1' },
};

describe('an event of HubSpot', () => {
  /** How often the record became due by what was sent, one array a request. */
  async function timesDue(...requests: object[][]): Promise<number> {
    const connection = await addConnection(test.db);
    const deals = await addDealRows(test.db, await addPartnerRow(test.db), 1);
    await addMirrorRows(test.db, connection, deals, () => ({ crm_id: '5', state: 'mirrored' }));
    const clock = manualClock(now);
    for (const events of requests) {
      await storeInboxMessages(test.db, [
        { connectionId: connection, body: Buffer.from(JSON.stringify(events)), receivedAt: now },
      ]);
      await parseNotifications(parsing(clock, { receiver: webhook, accountId: '41' }));
    }
    const [row] = await test.db.query<{ due_seq: bigint }>(
      'SELECT due_seq FROM observed_records WHERE connection_id = $1',
      [connection],
    );
    return Number(row?.due_seq ?? 0);
  }

  it('that is delivered again, in one request or hours later, asks for no second read', async () => {
    const again = { ...change, attemptNumber: 3 };
    expect(await timesDue([change, again], [again])).toBe(1);
  });

  it.each([
    ['another time', { occurredAt: change.occurredAt + 1 }],
    ['another property', { propertyName: 'dealstage' }],
    ['another number', { eventId: 8 }],
    ['another type', { subscriptionType: 'deal.deletion' }],
  ])('with %s is another event, whose number need not be another', async (_what, other) => {
    expect(await timesDue([change], [{ ...change, ...other }])).toBe(2);
  });

  it('that does not say when it happened is read each time', async () => {
    const timeless = { ...change, occurredAt: undefined };
    expect(await timesDue([timeless], [timeless])).toBe(2);
  });

  it('counts as heard only together with the read that it asks for', async () => {
    const connection = await addConnection(test.db);
    await storeInboxMessages(test.db, [
      { connectionId: connection, body: Buffer.from(JSON.stringify([change])), receivedAt: now },
    ]);
    const receiver: Pick<WebhookReceiver, 'parse'> = {
      parse: (...given) => ({
        bad: [],
        hints: webhook.parse(...given).hints.map((hint) => ({
          ...hint,
          get fields(): never {
            throw new Error('not stored');
          },
        })),
      }),
    };
    const context = parsing(manualClock(now), { receiver, accountId: '41' });
    await expect(parseNotifications(context)).rejects.toThrow('not stored');
    expect(
      await test.db.query('SELECT 1 FROM notification_events WHERE connection_id = $1', [connection]),
    ).toEqual([]);
  });

  it('is forgotten after two days', async () => {
    const connection = await addConnection(test.db);
    const clock = manualClock(now);
    const parse = async (event: object): Promise<number> => {
      await storeInboxMessages(test.db, [
        { connectionId: connection, body: Buffer.from(JSON.stringify([event])), receivedAt: clock.now() },
      ]);
      await parseNotifications(parsing(clock, { receiver: webhook, accountId: '41' }));
      return (await test.db.query('SELECT 1 FROM notification_events WHERE connection_id = $1', [connection]))
        .length;
    };
    expect(await parse(change)).toBe(1);
    clock.advance(49 * 3_600_000);
    expect(await parse({ ...change, eventId: 8 })).toBe(1);
  });
});

interface Parsing {
  onOpen?: () => void;
  receiver?: Pick<WebhookReceiver, 'parse'>;
  accountId?: string;
}

/** Only what parsing needs: a connection that is opened, and its receiver. */
function parsing(
  clock: ObservingContext['clock'],
  { onOpen, receiver = { parse: () => ({ hints: [], bad: [] }) }, accountId = 'org' }: Parsing,
): ObservingContext {
  const context: Partial<Record<keyof ObservingContext, unknown>> = {
    db: test.db,
    clock,
    logger: silentLogger,
    queues: { wake: async () => undefined },
    connections: {
      open: async (id: string) => {
        onOpen?.();
        return { id, identity: { accountId }, ownFields: new Set() } as unknown as WiredConnection;
      },
    },
    webhookReceiverOf: () => receiver,
  };
  return context as unknown as ObservingContext;
}
