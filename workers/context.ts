import type { WebhookReceiver } from '../src/crm/connector.ts';
import type { UnregisteredDeal } from '../src/crm/unregistered.ts';
import type { WiredConnection, WiredConnections } from '../src/mapping/wired-connection.ts';
import type { MirrorOutputs } from '../src/mirror/record-outcomes.ts';
import type { ObservationOutputs } from '../src/observations/judged.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database/database.ts';
import type { Logger } from '../src/platform/logging.ts';
import type { Queues } from '../src/platform/queue/queues.ts';

/** What every worker of the way out and the way in is given by the composition root. */
export interface WorkerContext {
  db: Database;
  clock: Clock;
  logger: Logger;
  queues: Pick<Queues, 'wake'>;
  connections: WiredConnections;
  mirrorOutputs: MirrorOutputs;
  /** Jitter only; never ids or tokens. */
  random: () => number;
  publicUrl: string;
  /** How long a win settles before a payout may be triggered. */
  settleMs: number;
  /** From how many due records on a connection they go out as bulk jobs, where the CRM has them. */
  bulkThreshold?: number;
}

export interface ObservingContext extends WorkerContext {
  observationOutputs: ObservationOutputs;
  /** How far a poll looks back behind its cursor, and how far it stays behind the vendor's clock. Milliseconds. */
  pollIntervalMs: number;
  /** How often a connection without a stream is polled; absent: as the others. */
  pollFallbackMs?: number;
  pollOverlapMs: number;
  pollLagMs: number;
  /** A deal that the mapping's rule for renewals names; absent: the rule has no effect. */
  registerRenewal?(connection: WiredConnection, deal: UnregisteredDeal): Promise<void>;
  /** How often the login of a connection is looked at, so that a revoked one is noticed although nothing is sent. */
  loginCheckMs?: number;
  webhookReceiverOf(vendor: string): WebhookReceiver | undefined;
}
