import type { CommissionOutputs } from '../src/commissions/outputs.ts';
import type { Mailer } from '../src/payouts/mails/send-mail.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Keyring } from '../src/platform/crypto/keyring.ts';
import type { Database } from '../src/platform/database/database.ts';
import type { Logger } from '../src/platform/logging.ts';
import type { Queues } from '../src/platform/queue/queues.ts';

/** What the workers of the money side are given by the composition root. */
export interface MoneyContext {
  db: Database;
  clock: Clock;
  logger: Logger;
  queues: Pick<Queues, 'wake'>;
  keyring: Keyring;
  mailer: Mailer;
  commissionOutputs: CommissionOutputs;
  /** Scales every wait before a retry: 1 in production, less in demos and tests. */
  retryFactor: number;
  /** Jitter only; never ids or tokens. */
  random: () => number;
}
