import { areAlertsDue, raiseAlerts } from '../payouts/alerts/raise-alerts.ts';
import { announceEntries } from '../payouts/announce-entries.ts';
import { areMailsDue } from '../payouts/mails/claim-mails.ts';
import { openMailer } from '../payouts/mails/send-mail.ts';
import { endpointsWithDueMessages } from '../payouts/claim-messages.ts';
import { arePrmEventsDue, processPrmEvents } from '../deals/process-prm-events.ts';
import { buryDeleted, repushDrifted, reviveRestored } from '../mirror/heed-observations.ts';
import { observeLearned } from '../observations/raise-hints.ts';
import { areImagesOld, pruneImages } from '../ownership/before-images.ts';
import { seeFields } from '../ownership/see-fields.ts';
import { rememberResults } from './remember-results.ts';
import type { Queues } from '../platform/queue/queues.ts';
import { computeCommissions, computeQueue, isMoneyDue } from '../../workers/compute-commissions.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { deliverMessages, deliverQueue } from '../../workers/deliver-messages.ts';
import type { MoneyContext } from '../../workers/money-context.ts';
import { mailQueue, sendMails } from '../../workers/send-mails.ts';
import type { GlobalWork } from '../../workers/sweep.ts';
import type { Application } from './open-application.ts';
import { registerRenewal } from './register-renewal.ts';
import { runWorkers, type Job, type RunningWorkers } from './run-workers.ts';

export interface WorkerOptions {
  queues: Queues;
  publicUrl: string;
  smtpUrl: string;
}

const prmQueue = 'process-registrations';
const pruneQueue = 'prune-before-images';
const alertQueue = 'raise-alerts';

/** Wires every worker of the product in this process and starts them. */
export async function startWorkers(app: Application, options: WorkerOptions): Promise<RunningWorkers> {
  const context = observingContext(app, options);
  const mailer = openMailer({
    smtpUrl: options.smtpUrl,
    from: app.config.mail.from ?? 'Partner team <partners@localhost>',
  });
  const running = await runWorkers({
    context,
    queues: options.queues,
    definitions: app.definitions,
    jobs: moneyJobs(moneyContext(app, options.queues, mailer), app, options.publicUrl),
    globalWork: [...globalWork, pruning(app)],
    sweepMs: app.config.timing.sweepMs,
    logger: app.logger,
  });
  return {
    close: async () => {
      await running.close();
      mailer.close();
    },
  };
}

/** What the workers of the way out and the way in stand on. */
export function observingContext(
  app: Application,
  { queues, publicUrl }: Pick<ObservingContext, 'queues' | 'publicUrl'>,
): ObservingContext {
  const { timing } = app.config;
  return {
    db: app.db,
    clock: app.clock,
    logger: app.logger,
    queues,
    connections: app.wiring,
    mirrorOutputs: {
      recordsLearned: (tx, connectionId, records) =>
        observeLearned(tx, connectionId, records, app.clock.now()),
      fieldsWritten: rememberResults,
    },
    observationOutputs: {
      recordsDeleted: buryDeleted,
      recordsRestored: reviveRestored,
      recordsDrifted: repushDrifted,
      fieldsSeen: seeFields,
    },
    registerRenewal: (connection, deal) => registerRenewal(app, connection, deal),
    random: Math.random,
    publicUrl,
    settleMs: timing.settleMs,
    bulkThreshold: app.config.bulkThreshold,
    pollIntervalMs: timing.pollMs,
    pollFallbackMs: timing.pollFallbackMs,
    pollOverlapMs: timing.pollOverlapMs,
    pollLagMs: timing.pollLagMs,
    loginCheckMs: timing.loginCheckMs,
    webhookReceiverOf: (vendor) =>
      app.definitions.find((definition) => definition.vendor === vendor)?.webhook,
  };
}

function moneyContext(app: Application, queues: Queues, mailer: MoneyContext['mailer']): MoneyContext {
  return {
    db: app.db,
    clock: app.clock,
    logger: app.logger,
    queues,
    keyring: app.keyring,
    mailer,
    commissionOutputs: {
      entriesPosted: (tx, entries) => announceEntries(tx, app.clock, entries, app.config.commissionApproval),
    },
    retryFactor: app.config.timing.retryFactor,
    random: Math.random,
  };
}

function moneyJobs(context: MoneyContext, app: Application, publicUrl: string): Job[] {
  return [
    { queue: computeQueue, concurrency: 2, run: () => computeCommissions(context) },
    { queue: deliverQueue, concurrency: 2, run: (data) => deliverMessages(context, data) },
    { queue: mailQueue, concurrency: 1, run: () => sendMails(context) },
    {
      queue: alertQueue,
      concurrency: 1,
      run: async () => {
        const told = await raiseAlerts(app.db, app.clock, { email: app.config.alerts.email, publicUrl });
        if (told === 0) return;
        await context.queues.wake(deliverQueue, {});
        await context.queues.wake(mailQueue, {});
      },
    },
    {
      queue: prmQueue,
      concurrency: 1,
      run: async () => void (await processPrmEvents(app.db, app.deals, app.logger, 100)),
    },
    {
      queue: pruneQueue,
      concurrency: 1,
      run: async () => void (await pruneImages(app.db, olderThan(app, app.clock.now()), 5_000)),
    },
  ];
}

function pruning(app: Application): GlobalWork {
  return { queue: pruneQueue, due: (sql, now) => areImagesOld(sql, olderThan(app, now)) };
}

function olderThan(app: Application, now: Date): Date {
  return new Date(now.getTime() - app.config.keepImagesMs);
}

const globalWork: readonly GlobalWork[] = [
  { queue: computeQueue, due: isMoneyDue },
  { queue: deliverQueue, due: async (sql, now) => (await endpointsWithDueMessages(sql, now)).length > 0 },
  { queue: mailQueue, due: areMailsDue },
  { queue: alertQueue, due: areAlertsDue },
  {
    queue: prmQueue,
    due: arePrmEventsDue,
  },
];
