import { join } from 'node:path';
import { closeServer, listen } from '../admin/listen.ts';
import { createSandboxClock } from '../admin/sandbox-clock.ts';
import { startAdminServer } from '../admin/server.ts';
import { createFaultEngine } from '../faults/engine.ts';
import { createRandom } from '../faults/random.ts';
import { createNoJournal, openJournalFile } from '../journal/journal-file.ts';
import { createRequestLog } from '../journal/request-log.ts';
import { createWriteLog } from '../journal/write-log.ts';
import { createAdapter } from './admin/adapter.ts';
import { createAuthorisationCodes } from './auth/authorisation-codes.ts';
import { createTokenRegistry } from './auth/tokens.ts';
import { createWorkflows } from './automation/workflows.ts';
import { loadCredentials, type PortalCredentials } from './credentials.ts';
import { createApiServer } from './http/api-server.ts';
import { createRateLimiter } from './limits/rate-limiter.ts';
import { settle, type HubspotSandboxOptions } from './options.ts';
import { installSalesforceSync } from './portal/salesforce-sync.ts';
import { portalOf } from './portal/presets.ts';
import type { JournalEntry } from './records/change.ts';
import { createLedger } from './records/ledger.ts';
import type { Sandbox } from './sandbox.ts';
import { createWebhookSender } from './webhooks/sender.ts';
import { createWebhooksJournal } from './webhooks-journal/journal.ts';

/** A running sandbox. Everything but `close` is plain data, fit to be printed. */
export interface HubspotSandbox {
  url: string;
  adminUrl: string;
  credentials: PortalCredentials & { baseUrl: string };
  close(): Promise<void>;
}

/** Streams of the one seed, so that one use of chance does not shift another. */
const STREAMS = { answers: 1001, limits: 1002, webhooks: 1003 };

/**
 * Starts a local HubSpot: API and webhooks as the vendor's own client sees them, and the admin port.
 * With `dataDir` its state and credentials survive a restart, SIGKILL included.
 */
export async function startHubspotSandbox(options: HubspotSandboxOptions): Promise<HubspotSandbox> {
  const sandbox = build(options);
  replayJournal(sandbox);
  const { settings, credentials } = sandbox;
  const api = createApiServer(sandbox);
  const port = await listen(api, settings.host, settings.port);
  sandbox.url = `http://${settings.host}:${port}`;
  const admin = await startAdminServer(createAdapter(sandbox), settings.adminPort).catch(
    async (error: unknown) => {
      await closeServer(api);
      throw error;
    },
  );
  return {
    url: sandbox.url,
    adminUrl: admin.url,
    credentials: { baseUrl: sandbox.url, ...credentials },
    async close() {
      sandbox.webhooks.close();
      await Promise.all([closeServer(api), admin.close()]);
      sandbox.journal.close();
    },
  };
}

function build(options: HubspotSandboxOptions): Sandbox {
  const settings = settle(options);
  const { dataDir, seed } = settings;
  const clock = createSandboxClock(settings.clock);
  const credentials = loadCredentials(dataDir);
  const portal = portalOf(settings.preset, credentials.portalId, clock.now());
  if (settings.salesforceSync !== 'off') {
    installSalesforceSync(portal, settings.salesforceSync, clock.now().toISOString());
  }
  const journal = dataDir === undefined ? createNoJournal() : openJournalFile(join(dataDir, 'journal.jsonl'));
  const writes = createWriteLog();
  const faults = createFaultEngine(seed, clock.ms);
  const ledger = createLedger({ portal, clock, journal, writes, searchLagMs: settings.searchLagMs });
  const webhookRandom = createRandom(seed, STREAMS.webhooks);
  const webhooks = createWebhookSender({ settings, credentials, clock, faults, random: webhookRandom });
  const webhooksJournal = createWebhooksJournal(portal, credentials, clock);
  ledger.onCommitted((changes) => webhooks.publish(changes));
  ledger.onCommitted((changes) => webhooksJournal.publish(changes));
  const sandbox: Sandbox = {
    settings,
    credentials,
    clock,
    random: createRandom(seed, STREAMS.answers),
    portal,
    ledger,
    codes: createAuthorisationCodes(clock),
    tokens: createTokenRegistry(credentials, settings.scopes, clock, journal),
    limits: createRateLimiter(settings, portal.timeZone, createRandom(seed, STREAMS.limits)),
    faults,
    writes,
    requests: createRequestLog(),
    journal,
    workflows: createWorkflows(),
    webhooks,
    webhooksJournal,
    latencyMs: 0,
    url: '',
  };
  // Last: webhooks tell of the edit that set a workflow off before they tell of the workflow's.
  ledger.onCommitted((changes) => sandbox.workflows.run(sandbox, changes));
  return sandbox;
}

/** Brings back what was committed before the last end, in the order it happened. */
function replayJournal({ journal, ledger, tokens, webhooks, webhooksJournal }: Sandbox): void {
  for (const line of journal.replay()) {
    // The file is written by this code alone; a torn last line was cut off when it was opened.
    const entry = line as JournalEntry;
    if (ledger.replay(entry)) continue;
    tokens.replay(entry);
    webhooks.replay(entry);
    webhooksJournal.replay(entry);
  }
}
