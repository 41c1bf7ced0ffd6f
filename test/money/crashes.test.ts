import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readTakenMessages } from '../../sandbox/payout-receiver/read-log.ts';
import { startPayoutReceiver } from '../../sandbox/payout-receiver/start.ts';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { newSigningSecret, registerEndpoint } from '../../src/payouts/endpoints.ts';
import { readCaughtMails, startMailCatcher } from '../../src/payouts/mails/catch-mails.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { crashMarker } from '../../src/platform/crash-point.ts';
import { newEncryptionKey, openKeyring } from '../../src/platform/crypto/keyring.ts';
import { createTestDatabase } from '../services/database.ts';
import * as t1 from './won-deals.ts';

const WORKER = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
const DEALS = 5;

const POINTS = [
  'money:after-claim',
  'money:before-commit',
  'money:after-commit',
  'money:after-trigger',
  'deliver:after-claim',
  'deliver:before-send',
  'deliver:after-receiver-accepted',
  'deliver:after-record',
  'mail:after-server-accepted',
];
const hit: string[] = [];

afterAll(() => console.log(`killed by SIGKILL at: ${hit.join(', ')}`));

describe.each(POINTS)('a worker killed at %s', (point) => {
  it('leaves nothing lost and nothing paid twice', async () => {
    const disturbed = await runWithCrashAt(point);
    hit.push(point);
    expect(disturbed).toEqual({
      entries: Array(DEALS).fill('accrued 120000'),
      triggers: Array(DEALS).fill('triggered 120000'),
      taken: Array(DEALS).fill('1200.00'),
      acknowledged: DEALS,
      undelivered: 0,
      unsentMails: 0,
      mailIds: DEALS,
    });
  });
});

interface EndState {
  entries: string[];
  triggers: string[];
  taken: string[];
  acknowledged: number;
  undelivered: number;
  unsentMails: number;
  mailIds: number;
}

async function runWithCrashAt(point: string): Promise<EndState> {
  const folder = await mkdtemp(path.join(tmpdir(), 'money-crash-'));
  const database = await createTestDatabase();
  const catcher = await startMailCatcher({ dataDir: folder });
  const secret = newSigningSecret();
  const logFile = path.join(folder, 'receiver.jsonl');
  const receiver = await startPayoutReceiver({ secret, logFile });
  try {
    const { db } = database;
    const key = newEncryptionKey('test');
    const context = { db, clock: systemClock, keyring: openKeyring([key]), allowHttp: false };
    await t1.seedConnection(db);
    await publishDefaultPlan(db, systemClock);
    await registerEndpoint(context, {
      label: 'payer',
      url: receiver.url,
      types: ['payout.triggered'],
      secret,
    });
    const partner = await t1.seedPartner(db, {
      key: 'gold',
      email: 'gold@example.com',
      tiers: { '2025-01-01': 'gold' },
    });
    await t1.winAll(db, await t1.seedDeals(db, partner, DEALS), 1_000_000n);

    const env = {
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: key.key,
      SMTP_URL: catcher.smtpUrl,
      TRIBUTARY_CRASH_AT: point,
      TRIBUTARY_CRASH_DIR: folder,
    };
    expect(await runWorker(env)).toBe('SIGKILL');
    expect(existsSync(crashMarker(folder, point))).toBe(true);
    // The leases of the dead worker run out.
    for (const table of ['commission_due', 'messages', 'mails']) {
      await db.query(
        `UPDATE ${table} SET leased_until = clock_timestamp() - interval '1 second' WHERE leased_until IS NOT NULL`,
      );
    }
    expect(await runWorker(env)).toBe(0);

    const [state] = await db.query<Omit<EndState, 'taken' | 'mailIds'>>(
      `SELECT (SELECT array_agg(kind || ' ' || amount_minor) FROM commission_entries) AS entries,
         (SELECT array_agg(kind || ' ' || amount_minor) FROM payout_triggers) AS triggers,
         (SELECT count(*)::int FROM payout_acknowledgements) AS acknowledged,
         (SELECT count(*)::int FROM messages WHERE state <> 'delivered') AS undelivered,
         (SELECT count(*)::int FROM mails WHERE state <> 'sent') AS "unsentMails"`,
    );
    if (state === undefined) throw new Error('no state');
    const taken = (await readTakenMessages(logFile)).map((message) => String(message.data['amount']));
    // A mail whose acceptance was not recorded is sent again, with the same Message-ID.
    const mailIds = new Set((await readCaughtMails(folder)).map((mail) => mail.messageId)).size;
    return { ...state, taken, mailIds };
  } finally {
    await receiver.close();
    await catcher.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns how the worker ended: its exit code, or the signal that killed it */
function runWorker(env: Record<string, string>): Promise<number | string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', WORKER], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
}
