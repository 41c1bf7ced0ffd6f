import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { publishDefaultPlan } from '../src/commissions/publish-plan.ts';
import { readCaughtMails, startMailCatcher } from '../src/payouts/mails/catch-mails.ts';
import { claimMails, mayStillSendMail } from '../src/payouts/mails/claim-mails.ts';
import { redriveMails } from '../src/payouts/mails/parked-mails.ts';
import { openMailer } from '../src/payouts/mails/send-mail.ts';
import { computeUntilIdle, moneyTest } from '../test/money/money-context.ts';
import type { MoneyTest } from '../test/money/money-context.ts';
import * as t1 from '../test/money/won-deals.ts';
import { createTestDatabase } from '../test/services/database.ts';
import type { TestDatabase } from '../test/services/database.ts';
import { sendMails } from './send-mails.ts';

let database: TestDatabase;
let money: MoneyTest;
let folder: string;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  folder = await mkdtemp(path.join(tmpdir(), 'mails-'));
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function wonDeal(
  partner: { email?: string; country?: string } = { email: 'partner@example.com' },
): Promise<string> {
  const seeded = await t1.seedPartner(database.db, {
    key: `p${Math.random()}`,
    tiers: { '2025-01-01': 'gold' },
    ...partner,
  });
  const [deal] = await t1.seedDeals(database.db, seeded, 1);
  await t1.win(database.db, deal as string, { amountMinor: 1_234_500n, currency: 'EUR' });
  await computeUntilIdle(money);
  return deal as string;
}

function mailTo(smtpUrl: string): void {
  const mailer = openMailer({
    smtpUrl,
    from: 'Partner team <partners@tributary.example>',
    deadlineMs: 1_000,
  });
  closing.push(() => mailer.close());
  money = { ...money, context: { ...money.context, mailer } };
}

async function catchMails(): Promise<void> {
  const catcher = await startMailCatcher({ dataDir: folder });
  closing.push(() => catcher.close());
  mailTo(catcher.smtpUrl);
}

/** An SMTP server that behaves as told. */
async function smtpServer(options: SMTPServerOptions): Promise<void> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    ...options,
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  mailTo(`smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`);
}

interface MailRow {
  id: string;
  state: string;
  attempts: number;
  plain: string | null;
  due: Date | null;
}

async function mails(): Promise<MailRow[]> {
  return database.db.query<MailRow>(
    `SELECT id, state, attempts, last_error ->> 'plain' AS plain, due_at AS due FROM mails ORDER BY created_at, id`,
  );
}

describe('mails to partners', () => {
  it('say what was earned and why, in the way the partner’s country writes amounts, once', async () => {
    await catchMails();
    await wonDeal({ email: 'partner@example.de', country: 'DE' });
    await sendMails(money.context);
    await sendMails(money.context);

    const [mail, ...others] = await readCaughtMails(folder);
    expect(others).toEqual([]);
    expect(mail?.to).toEqual(['partner@example.de']);
    expect(mail?.subject).toBe('You earned a commission: 1.481,40\u00a0€ for Deal 1');
    expect(mail?.text).toContain(
      'Why: 12 % of 12,345.00 EUR = 1,481.40 EUR; Gold tier since 2025-01-01; cap 4,600.00 not reached.',
    );
    const [row] = await mails();
    expect(row).toMatchObject({ state: 'sent', attempts: 1 });
    expect(mail?.messageId).toBe(`<${row?.id}@tributary.example>`);
  });

  it('also tell of a reversal', async () => {
    await catchMails();
    const deal = await wonDeal();
    await t1.reopen(database.db, deal);
    await computeUntilIdle(money);
    await sendMails(money.context);
    const subjects = (await readCaughtMails(folder)).map((mail) => mail.subject).sort();
    expect(subjects).toEqual([
      'A commission was taken back: -€1,481.40 for Deal 1',
      'You earned a commission: €1,481.40 for Deal 1',
    ]);
  });

  it('are parked, not forgotten, when the partner has no address', async () => {
    await catchMails();
    await wonDeal({});
    await sendMails(money.context);
    expect(await mails()).toMatchObject([{ state: 'parked', plain: 'the partner has no e-mail address' }]);
    expect(await readCaughtMails(folder)).toEqual([]);

    expect(await redriveMails(database.db, money.clock.now())).toBe(0);
    await database.db.query(`UPDATE partners SET email = 'found@example.com'`);
    expect(await redriveMails(database.db, money.clock.now())).toBe(1);
    await sendMails(money.context);
    expect((await readCaughtMails(folder)).map((mail) => mail.to)).toEqual([['found@example.com']]);
  });

  it('are sent again with the same Message-ID when the answer after DATA was lost', async () => {
    const seen: string[] = [];
    await smtpServer({
      onData: (stream, _session, done) => {
        let text = '';
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('end', () => {
          seen.push(/^Message-ID: (.*)$/im.exec(text)?.[1] ?? '');
          // The first one is taken, and nobody ever hears of it.
          if (seen.length > 1) done();
        });
      },
    });
    await wonDeal();
    await sendMails(money.context);
    const [failed] = await mails();
    expect(failed).toMatchObject({ state: 'due', attempts: 1 });
    money.clock.set(failed?.due ?? new Date(0));
    await sendMails(money.context);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
    expect(await mails()).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  it('wait when the mail server asks to, and are parked when it refuses for good', async () => {
    const refusal = { code: 451 };
    await smtpServer({
      onRcptTo: (_address, _session, done) =>
        done(
          Object.assign(new Error(refusal.code === 451 ? 'try later' : 'no such mailbox'), {
            responseCode: refusal.code,
          }),
        ),
    });
    await wonDeal();
    await sendMails(money.context);
    const [waiting] = await mails();
    expect(waiting).toMatchObject({ state: 'due', attempts: 1 });
    expect(waiting?.plain).toContain('451');

    refusal.code = 550;
    money.clock.set(waiting?.due ?? new Date(0));
    await sendMails(money.context);
    expect(await mails()).toMatchObject([{ state: 'parked', attempts: 2 }]);
  });

  it('wait while the mail server is away', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    mailTo(`smtp://127.0.0.1:${port}`);
    await wonDeal();
    await sendMails(money.context);
    const [row] = await mails();
    expect(row).toMatchObject({ state: 'due', attempts: 1 });
    expect(row?.plain).toMatch(/could not be reached/);
  });

  it('are not sent while everything outgoing is stopped, nor by a worker that lost its lease', async () => {
    await catchMails();
    await wonDeal();
    const claim = await claimMails(database.db, 10, money.clock.now());
    const mailId = claim.mails[0]?.id ?? '';
    await database.db.query('UPDATE system_switches SET stopped = true');
    expect(await mayStillSendMail(database.db, claim.token, mailId, 1_000)).toBe(false);
    await database.db.query('UPDATE mails SET leased_until = NULL, lease_token = NULL');
    await sendMails(money.context);
    expect(await readCaughtMails(folder)).toEqual([]);
    await database.db.query('UPDATE system_switches SET stopped = false');
    expect(await mayStillSendMail(database.db, claim.token, mailId, 1_000)).toBe(false);
    await sendMails(money.context);
    expect(await readCaughtMails(folder)).toHaveLength(1);
  });
});
