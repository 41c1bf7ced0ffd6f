import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { readReceiverLog, readTakenMessages } from '../sandbox/payout-receiver/read-log.ts';
import { startPayoutReceiver } from '../sandbox/payout-receiver/start.ts';
import type { ReceiverFaults } from '../sandbox/payout-receiver/start.ts';
import { publishDefaultPlan } from '../src/commissions/publish-plan.ts';
import { acknowledgePayout } from '../src/payouts/acknowledge.ts';
import { claimMessages, endpointsWithDueMessages, mayStillSend } from '../src/payouts/claim-messages.ts';
import {
  disableEndpoint,
  enableEndpoint,
  ensureConfiguredEndpoint,
  newSigningSecret,
} from '../src/payouts/endpoints.ts';
import { openSecrets, registerEndpoint, resealSecrets, rotateSecret } from '../src/payouts/endpoints.ts';
import type { MessageType } from '../src/payouts/message-types.ts';
import { listParkedMessages, redriveMessages } from '../src/payouts/parked-messages.ts';
import { recordDelivered } from '../src/payouts/record-delivery.ts';
import { sendMessage } from '../src/payouts/send-message.ts';
import { newEncryptionKey, openKeyring } from '../src/platform/crypto/keyring.ts';
import { computeUntilIdle, encryptionKey, moneyTest } from '../test/money/money-context.ts';
import type { MoneyTest } from '../test/money/money-context.ts';
import * as t1 from '../test/money/won-deals.ts';
import { createTestDatabase } from '../test/services/database.ts';
import type { TestDatabase } from '../test/services/database.ts';
import { deliverMessages } from './deliver-messages.ts';

const PAYOUTS = ['payout.triggered', 'payout.adjusted'] as const;

let database: TestDatabase;
let money: MoneyTest;
let folder: string;
let partner: t1.SeededPartner;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  folder = await mkdtemp(path.join(tmpdir(), 'deliver-'));
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2025-03-01': 'gold' } });
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  endpointId: string;
  logFile: string;
  secret: string;
}

async function startReceiver(
  more: { faults?: ReceiverFaults; acknowledge?: boolean } = {},
): Promise<Started> {
  const logFile = path.join(folder, 'receiver.jsonl');
  const secret = newSigningSecret();
  const receiver = await startPayoutReceiver({ secret, logFile, now: () => money.clock.now(), ...more });
  closing.push(() => receiver.close());
  const { id } = await register(receiver.url, secret, PAYOUTS);
  return { endpointId: id, logFile, secret };
}

function register(url: string, secret: string, types: readonly MessageType[]): Promise<{ id: string }> {
  const context = { db: database.db, clock: money.clock, keyring: money.context.keyring, allowHttp: false };
  return registerEndpoint(context, { label: 'receiver', url, types, secret });
}

/** A server that answers as told; its requests' bodies are kept. */
async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function winAndCompute(count: number): Promise<string[]> {
  const deals = await t1.seedDeals(database.db, { ...partner, key: `gold-${Math.random()}` }, count);
  await t1.winAll(database.db, deals, 1_000_000n);
  await computeUntilIdle(money);
  return deals;
}

/** Delivers as the workers do: whatever is due at this moment of the clock, until nothing is. */
async function deliverDue(): Promise<void> {
  for (const endpointId of await endpointsWithDueMessages(database.db, money.clock.now())) {
    await deliverMessages(money.context, { endpointId });
  }
}

async function deliverThroughRetries(): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await deliverDue();
    money.clock.advance(26 * 3_600_000);
  }
}

async function states(): Promise<Record<string, number>> {
  const rows = await database.db.query<{ state: string; n: number }>(
    'SELECT state, count(*)::int AS n FROM messages GROUP BY state',
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

describe('delivering messages', () => {
  it('delivers each trigger once, signed, and records the acknowledgement of the answer', async () => {
    const { logFile } = await startReceiver();
    await winAndCompute(100);
    await deliverDue();
    await deliverDue();

    const taken = await readTakenMessages(logFile);
    expect(taken).toHaveLength(100);
    expect(taken[0]).toMatchObject({
      type: 'payout.triggered',
      data: { amount: '1200.00', currency: 'USD' },
    });
    expect(await states()).toEqual({ delivered: 100 });
    const acknowledged = await database.db.query<{ reference: string }>(
      `SELECT reference FROM payout_acknowledgements WHERE via = 'answer'`,
    );
    expect(acknowledged).toHaveLength(100);
    expect(acknowledged[0]?.reference).toMatch(/^PAY-\d{6}$/);
  });

  it('has exactly one effect per message though the receiver fails, resets after taking and answers late', async () => {
    const faults = {
      seed: 7,
      failRate: 0.3,
      resetAfterAcceptRate: 0.2,
      lateAfterAcceptRate: 0.1,
      lateMs: 50,
    };
    const { logFile } = await startReceiver({ faults });
    await winAndCompute(120);
    await deliverThroughRetries();

    const verdicts = (await readReceiverLog(logFile)).map((line) => line.verdict);
    expect(verdicts).toEqual(expect.arrayContaining(['failed', 'repeat', 'taken']));
    const taken = await readTakenMessages(logFile);
    expect(taken).toHaveLength(120);
    expect(new Set(taken.map((message) => message.data['payoutId'])).size).toBe(120);
    expect(await states()).toEqual({ delivered: 120 });
    const [paid] = await database.db.query<{ sum: string }>('SELECT sum(amount_minor) FROM payout_triggers');
    expect(taken.reduce((sum, message) => sum + BigInt(String(message.data['amountMinor'])), 0n)).toBe(
      BigInt(paid?.sum ?? 0),
    );
  });

  it('records an acknowledgement whose reference holds a character that no database stores', async () => {
    const url = await startServer((_request, response) =>
      response.end('{"acknowledged": true, "reference": "P\\u00001"}'),
    );
    await register(url, newSigningSecret(), PAYOUTS);
    await winAndCompute(1);
    await deliverDue();
    expect(await states()).toEqual({ delivered: 1 });
    expect(await database.db.query('SELECT reference FROM payout_acknowledgements')).toEqual([
      { reference: 'P\ufffd1' },
    ]);
  });

  it('treats an answer that comes after the deadline as unknown and sends the same id again', async () => {
    const { logFile, secret } = await startReceiver({
      faults: { seed: 1, lateAfterAcceptRate: 1, lateMs: 400 },
    });
    await winAndCompute(1);
    const [message] = await database.db.query<{ id: string; payload: string }>(
      'SELECT id, payload FROM messages',
    );
    const [endpoint] = await database.db.query<{ url: string }>('SELECT url FROM endpoints');
    if (message === undefined || endpoint === undefined) throw new Error('nothing to send');
    const late = await sendMessage(endpoint.url, [secret], message, money.clock.now(), 100);
    expect(late).toMatchObject({
      delivered: false,
      failure: { plain: 'the endpoint did not answer within 0.1 s' },
    });
    await deliverDue();
    const received = (await readReceiverLog(logFile)).filter((line) => line.body !== '');
    expect(received.map((line) => [line.id, line.verdict])).toEqual([
      [message.id, 'taken'],
      [message.id, 'repeat'],
    ]);
  });

  it('tries ten times over some 75 hours, then parks the message with its reason until somebody redrives it', async () => {
    let tries = 0;
    const url = await startServer((_request, response) => {
      tries += 1;
      response.writeHead(500).end();
    });
    await register(url, newSigningSecret(), PAYOUTS);
    await winAndCompute(1);
    const started = money.clock.now().getTime();
    for (let round = 0; round < 40 && (await states())['due'] === 1; round += 1) {
      await deliverDue();
      const [next] = await database.db.query<{ due: Date | null }>('SELECT due_at AS due FROM messages');
      if (next?.due) money.clock.set(next.due);
    }
    const hours = (money.clock.now().getTime() - started) / 3_600_000;
    expect(tries).toBe(10);
    expect(hours).toBeGreaterThan(65);
    expect(hours).toBeLessThan(85);
    expect(await listParkedMessages(database.db, 10)).toMatchObject([
      { attempts: 10, reason: 'the endpoint answered 500', type: 'payout.triggered' },
    ]);
    expect(await redriveMessages(database.db, money.clock.now())).toBe(1);
    await deliverDue();
    expect(tries).toBe(11);
  });

  it('does not follow a redirect, and waits as long as a receiver asks', async () => {
    let visited = false;
    const target = await startServer((_request, response) => {
      visited = true;
      response.end();
    });
    const url = await startServer((_request, response) => {
      response.writeHead(307, { location: target, 'retry-after': '7200' }).end();
    });
    await register(url, newSigningSecret(), PAYOUTS);
    await winAndCompute(1);
    await deliverDue();
    expect(visited).toBe(false);
    const [message] = await database.db.query<{ state: string; due: Date; plain: string }>(
      `SELECT state, due_at AS due, last_error ->> 'plain' AS plain FROM messages`,
    );
    expect(message).toMatchObject({
      state: 'due',
      plain: 'the endpoint answered with a redirect (307), which is not followed',
    });
    expect(message?.due.getTime()).toBe(money.clock.now().getTime() + 7_200_000);
  });

  it('sends nothing while everything outgoing is stopped, not even what is claimed already', async () => {
    const { endpointId, logFile } = await startReceiver();
    await winAndCompute(2);
    const claim = await claimMessages(database.db, endpointId, 1, money.clock.now());
    const claimed = claim.messages[0]?.id ?? '';
    expect(await mayStillSend(database.db, claim.token, claimed, 1_000)).toBe(true);
    await database.db.query('UPDATE system_switches SET stopped = true');
    expect(await mayStillSend(database.db, claim.token, claimed, 1_000)).toBe(false);
    expect((await claimMessages(database.db, endpointId, 10, money.clock.now())).messages).toEqual([]);
    await deliverDue();
    expect(await readReceiverLog(logFile)).toEqual([]);

    await database.db.query(`UPDATE system_switches SET stopped = false`);
    await database.db.query(`UPDATE messages SET leased_until = NULL, lease_token = NULL`);
    await deliverDue();
    expect(await readTakenMessages(logFile)).toHaveLength(2);
  });

  it('lets a worker that slept through its lease neither send nor record', async () => {
    const { endpointId } = await startReceiver();
    await winAndCompute(1);
    const zombie = await claimMessages(database.db, endpointId, 1, money.clock.now());
    const messageId = zombie.messages[0]?.id ?? '';
    await database.db.query(`UPDATE messages SET leased_until = clock_timestamp() - interval '1 second'`);
    expect(await mayStillSend(database.db, zombie.token, messageId, 1_000)).toBe(false);
    const next = await claimMessages(database.db, endpointId, 1, money.clock.now());
    expect(next.messages).toHaveLength(1);
    await recordDelivered(database.db, { token: zombie.token, messageId }, null, money.clock.now());
    expect(await states()).toEqual({ due: 1 });
  });

  it('keeps the triggers nobody listened to for the first endpoint that comes', async () => {
    await winAndCompute(3);
    expect(await states()).toEqual({});
    const { logFile, endpointId } = await startReceiver();
    await disableEndpoint(database.db, money.clock, endpointId, 'maintenance');
    await winAndCompute(2);
    await deliverDue();
    expect(await readReceiverLog(logFile)).toEqual([]);
    await enableEndpoint({ db: database.db, clock: money.clock }, endpointId);
    await deliverDue();
    expect(await readTakenMessages(logFile)).toHaveLength(5);
  });

  it('signs with the old and the new secret while a receiver changes over, then with the new one only', async () => {
    const signatures: string[] = [];
    const url = await startServer((request, response) => {
      signatures.push(String(request.headers['webhook-signature']));
      response.end();
    });
    const oldSecret = newSigningSecret();
    const { id } = await register(url, oldSecret, PAYOUTS);
    const { secret } = await rotateSecret(money.context, id, 3_600_000);
    await winAndCompute(1);
    const [message] = await database.db.query<{ id: string; payload: string }>(
      'SELECT id, payload FROM messages',
    );
    await deliverDue();
    const both = [secret, oldSecret].map((each) =>
      new Webhook(each).sign(message?.id ?? '', money.clock.now(), message?.payload ?? ''),
    );
    expect(signatures[0]).toBe(both.join(' '));

    money.clock.advance(3_600_001);
    await winAndCompute(1);
    await deliverDue();
    expect(signatures[1]?.split(' ')).toHaveLength(1);
  });

  it('stores no secret in clear text', async () => {
    const { secret } = await startReceiver();
    const [row] = await database.db.query<{ text: string }>(
      `SELECT encode(ciphertext, 'base64') || encode(ciphertext, 'escape') AS text FROM endpoint_secrets`,
    );
    expect(row?.text).not.toContain(secret.slice(6, 20));
  });

  it('seals the secrets anew for a key rotation, after which the old key can go', async () => {
    const { secret, endpointId } = await startReceiver();
    const fresh = newEncryptionKey('fresh');
    const { db, clock } = money.context;
    expect(await resealSecrets({ db, keyring: openKeyring([fresh, encryptionKey]) })).toBe(1);
    expect(await openSecrets(db, openKeyring([fresh]), endpointId, clock.now())).toEqual([secret]);
  });

  it('registers the endpoint of the configuration once, however many processes start', async () => {
    const context = { db: database.db, clock: money.clock, keyring: money.context.keyring, allowHttp: false };
    const endpoint = {
      label: 'configuration',
      url: 'https://pay.example.com/in',
      types: PAYOUTS,
      secret: newSigningSecret(),
    };
    const ids = await Promise.all([1, 2, 3].map(() => ensureConfiguredEndpoint(context, endpoint)));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
    await ensureConfiguredEndpoint(context, { ...endpoint, secret: newSigningSecret() });
    expect(await database.db.query('SELECT 1 FROM endpoint_secrets')).toHaveLength(2);
  });

  it('moves the endpoint of the configuration to a new address with what waits for it, and pays nothing twice', async () => {
    const context = { db: database.db, clock: money.clock, keyring: money.context.keyring, allowHttp: false };
    const secret = newSigningSecret();
    const closed = await startServer((_request, response) => response.destroy());
    const endpoint = { label: 'configuration', types: PAYOUTS, secret };
    const before = await ensureConfiguredEndpoint(context, { ...endpoint, url: closed });
    await winAndCompute(1);
    await deliverDue();
    const taken: string[] = [];
    const moved = await startServer((request, response) => {
      taken.push(String(request.headers['webhook-id']));
      response.end('{"acknowledged": true}');
    });
    expect(await ensureConfiguredEndpoint(context, { ...endpoint, url: moved })).toEqual(before);
    money.clock.advance(60_000);
    await deliverDue();
    await winAndCompute(1);
    await deliverDue();
    expect([taken.length, new Set(taken).size]).toEqual([2, 2]);
    expect(await states()).toEqual({ delivered: 2 });
  });

  it.each([
    'http://payouts.example.com/in',
    'ftp://127.0.0.1/',
    'nonsense',
    'https://user:pass@payouts.example.com',
  ])('refuses the endpoint %s', async (url) => {
    await expect(register(url, newSigningSecret(), PAYOUTS)).rejects.toThrow(/endpoint|URL/);
  });
});

describe('acknowledging later', () => {
  it('counts the first acknowledgement, and an acknowledged message as delivered', async () => {
    await startReceiver({ acknowledge: false });
    await winAndCompute(1);
    await deliverDue();
    const [message] = await database.db.query<{ id: string; acknowledged: Date | null }>(
      'SELECT id, acknowledged_at AS acknowledged FROM messages',
    );
    expect(message?.acknowledged).toBeNull();
    const context = { db: database.db, clock: money.clock };
    const first = await acknowledgePayout(context, message?.id ?? '', 'BANK-1');
    money.clock.advance(1_000);
    expect(await acknowledgePayout(context, message?.id ?? '', 'BANK-2')).toEqual(first);
    expect(first?.reference).toBe('BANK-1');
    expect(await acknowledgePayout(context, 'msg_unknown', null)).toBeNull();
  });

  it('ends the retries of a message whose answer was lost', async () => {
    await startReceiver({ faults: { seed: 3, resetAfterAcceptRate: 1 } });
    await winAndCompute(1);
    await deliverDue();
    expect(await states()).toEqual({ due: 1 });
    const [message] = await database.db.query<{ id: string }>('SELECT id FROM messages');
    await acknowledgePayout({ db: database.db, clock: money.clock }, message?.id ?? '', null);
    expect(await states()).toEqual({ delivered: 1 });
  });

  it('takes no acknowledgement for a message that is no payout', async () => {
    const url = await startServer((_request, response) => response.end('{"acknowledged": true}'));
    await register(url, newSigningSecret(), ['commission.accrued']);
    await winAndCompute(1);
    await deliverDue();
    const [message] = await database.db.query<{ id: string; state: string }>(
      'SELECT id, state FROM messages',
    );
    expect(message?.state).toBe('delivered');
    expect(
      await acknowledgePayout({ db: database.db, clock: money.clock }, message?.id ?? '', null),
    ).toBeNull();
    expect(await database.db.query('SELECT 1 FROM payout_acknowledgements')).toEqual([]);
  });
});
