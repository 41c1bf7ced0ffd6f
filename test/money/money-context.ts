import { announceEntries } from '../../src/payouts/announce-entries.ts';
import type { Mailer } from '../../src/payouts/mails/send-mail.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { newEncryptionKey, openKeyring } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import { isMoneyDue, computeCommissions } from '../../workers/compute-commissions.ts';
import type { MoneyContext } from '../../workers/money-context.ts';

export const encryptionKey = newEncryptionKey('test');

/** A mailer for tests that send none: it would fail the test that uses it. */
const noMailer: Mailer = {
  send: () => Promise.reject(new Error('this test sends no mail')),
  close: () => undefined,
};

export interface MoneyTest {
  context: MoneyContext;
  clock: ReturnType<typeof manualClock>;
  /** Queues that were woken, in order. */
  woken: { queue: string; data: Record<string, string> }[];
}

/** The context the composition root makes, on a clock that stands still. */
export function moneyTest(db: Database, more: Partial<MoneyContext> = {}): MoneyTest {
  const clock = manualClock(new Date('2026-06-01T12:00:00Z'));
  const woken: MoneyTest['woken'] = [];
  const context: MoneyContext = {
    db,
    clock,
    logger: silentLogger,
    queues: {
      wake: (queue, data) => {
        woken.push({ queue, data });
        return Promise.resolve();
      },
    },
    keyring: openKeyring([encryptionKey]),
    mailer: noMailer,
    commissionOutputs: { entriesPosted: (tx, entries) => announceEntries(tx, clock, entries, 'automatic') },
    retryFactor: 1,
    random: Math.random,
    ...more,
  };
  return { context, clock, woken };
}

/** Computes until nothing is due at this moment of the clock. */
export async function computeUntilIdle({ context }: MoneyTest): Promise<void> {
  for (let round = 0; round < 1_000; round += 1) {
    if (!(await isMoneyDue(context.db, context.clock.now()))) return;
    await computeCommissions(context);
  }
  throw new Error('the money side never comes to rest');
}
