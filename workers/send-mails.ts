import pLimit from 'p-limit';
import { sendDeadlineMs } from '../src/payouts/lease.ts';
import {
  claimMails,
  mayStillSendMail,
  recordMailFailed,
  recordMailSent,
  releaseMail,
} from '../src/payouts/mails/claim-mails.ts';
import type { ClaimedMail } from '../src/payouts/mails/claim-mails.ts';
import { nextTry } from '../src/payouts/retry-schedule.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { MoneyContext } from './money-context.ts';

export const mailQueue = 'send-mails';

const BATCH = 50;
/** As many as the mailer keeps connections. */
const IN_FLIGHT = 4;

/** Sends one batch of due mails; wakes itself while more is due. */
export async function sendMails(context: MoneyContext): Promise<void> {
  const claim = await claimMails(context.db, BATCH, context.clock.now());
  if (claim.mails.length === 0) return;
  const slot = pLimit(IN_FLIGHT);
  await Promise.all(claim.mails.map((mail) => slot(() => sendOne(context, claim.token, mail))));
  if (claim.mails.length === BATCH) await context.queues.wake(mailQueue, {});
}

async function sendOne(context: MoneyContext, token: string, mail: ClaimedMail): Promise<void> {
  const { db, clock, mailer } = context;
  if (!(await mayStillSendMail(db, token, mail.id, sendDeadlineMs))) {
    return releaseMail(db, token, mail.id);
  }
  const result = await mailer.send(mail);
  await crashPoint('mail:after-server-accepted');
  const now = clock.now();
  if (result.sent) return recordMailSent(db, token, mail.id, now);
  const policy = { factor: context.retryFactor, random: context.random };
  const retryAt = result.permanent ? null : nextTry(mail.attempts + 1, now, policy);
  await recordMailFailed(db, token, mail.id, result.plain, retryAt, now);
  context.logger.warn(
    { mailId: mail.id, reason: result.plain, parked: retryAt === null },
    'a mail was not taken',
  );
}
