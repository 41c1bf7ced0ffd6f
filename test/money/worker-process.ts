/**
 * The money workers in a process of their own, for tests that kill it: works until nothing is due, then ends.
 * Environment: DATABASE_URL, ENCRYPTION_KEY (base64), SMTP_URL, and TRIBUTARY_CRASH_AT.
 */
import { announceEntries } from '../../src/payouts/announce-entries.ts';
import { endpointsWithDueMessages } from '../../src/payouts/claim-messages.ts';
import { areMailsDue } from '../../src/payouts/mails/claim-mails.ts';
import { openMailer } from '../../src/payouts/mails/send-mail.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openKeyring } from '../../src/platform/crypto/keyring.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import { computeCommissions, isMoneyDue } from '../../workers/compute-commissions.ts';
import { deliverMessages } from '../../workers/deliver-messages.ts';
import type { MoneyContext } from '../../workers/money-context.ts';
import { sendMails } from '../../workers/send-mails.ts';

const clock = systemClock;
const db = openDatabase({
  url: process.env['DATABASE_URL'] ?? '',
  maxConnections: 4,
  applicationName: 'money-test',
});
const mailer = openMailer({ smtpUrl: process.env['SMTP_URL'] ?? '', from: 'partners@tributary.example' });
const context: MoneyContext = {
  db,
  clock,
  logger: silentLogger,
  queues: { wake: () => Promise.resolve() },
  keyring: openKeyring([{ id: 'test', key: process.env['ENCRYPTION_KEY'] ?? '' }]),
  mailer,
  commissionOutputs: { entriesPosted: (tx, entries) => announceEntries(tx, clock, entries, 'automatic') },
  retryFactor: 0,
  random: Math.random,
};

for (let idle = false; !idle;) {
  const endpoints = await endpointsWithDueMessages(db, clock.now());
  const money = await isMoneyDue(db, clock.now());
  const mails = await areMailsDue(db, clock.now());
  if (money) await computeCommissions(context);
  for (const endpointId of endpoints) await deliverMessages(context, { endpointId });
  if (mails) await sendMails(context);
  idle = !money && !mails && endpoints.length === 0;
}
mailer.close();
await db.close();
