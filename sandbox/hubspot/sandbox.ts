import type { SandboxClock } from '../admin/sandbox-clock.ts';
import type { FaultEngine } from '../faults/engine.ts';
import type { Random } from '../faults/random.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import type { RequestLog } from '../journal/request-log.ts';
import type { WriteLog } from '../journal/write-log.ts';
import type { AuthorisationCodes } from './auth/authorisation-codes.ts';
import type { TokenRegistry } from './auth/tokens.ts';
import type { Workflows } from './automation/workflows.ts';
import type { PortalCredentials } from './credentials.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import type { Settings } from './options.ts';
import type { Portal } from './portal/portal.ts';
import type { Ledger } from './records/ledger.ts';
import type { WebhookSender } from './webhooks/sender.ts';
import type { WebhooksJournal } from './webhooks-journal/journal.ts';

/** Everything a route may touch. */
export interface Sandbox {
  settings: Settings;
  credentials: PortalCredentials;
  clock: SandboxClock;
  /** Shuffles batch answers and varies what the docs leave open; seeded, so runs repeat. */
  random: Random;
  portal: Portal;
  ledger: Ledger;
  tokens: TokenRegistry;
  codes: AuthorisationCodes;
  limits: RateLimiter;
  faults: FaultEngine;
  writes: WriteLog;
  requests: RequestLog;
  journal: JournalFile;
  workflows: Workflows;
  webhooks: WebhookSender;
  webhooksJournal: WebhooksJournal;
  /** Added to every API answer. */
  latencyMs: number;
  /** Where the API listens; known once it does. */
  url: string;
}
