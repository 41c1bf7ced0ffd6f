import { join } from 'node:path';
import { z } from 'zod';
import { closeServer, listen } from '../admin/listen.ts';
import { createSandboxClock, type Clock, type SandboxClock } from '../admin/sandbox-clock.ts';
import { startAdminServer } from '../admin/server.ts';
import { createFaultEngine } from '../faults/engine.ts';
import { createNoJournal, openJournalFile, type JournalFile } from '../journal/journal-file.ts';
import { createRequestLog } from '../journal/request-log.ts';
import { createWriteLog } from '../journal/write-log.ts';
import { watchPermissions } from './access/act-as.ts';
import { createSalesforceAdapter } from './admin/adapter.ts';
import { startPubSubServer } from './events/pubsub-server.ts';
import { createBulk } from './bulk/bulk.ts';
import { JOB_ENTRIES } from './bulk/job-store.ts';
import { runJob } from './bulk/run-job.ts';
import { followPushTopics } from './events/cometd/push-topics.ts';
import { EVENT_ENTRY_READERS } from './events/event-journal.ts';
import { createEventServices } from './events/event-services.ts';
import { VENDOR_TIMING, type StreamTiming } from './events/event-stream.ts';
import { createSelectedEntities } from './events/selected-entities.ts';
import { loadCredentials, type Credentials } from './oauth/credentials.ts';
import { createOauth } from './oauth/oauth.ts';
import { OAUTH_ENTRY_READERS } from './oauth/oauth-journal.ts';
import { createSessions, type Sessions } from './oauth/sessions.ts';
import { createComponentStore } from './metadata/component-store.ts';
import { createDeployments } from './metadata/create-deployments.ts';
import { foundComponents } from './metadata/found-components.ts';
import { METADATA_ENTRY_READERS } from './metadata/journal-entries.ts';
import { createRetrievals } from './metadata/create-retrievals.ts';
import { createSettings, type OrgSettingsInput, type SettingsHolder } from './org-settings.ts';
import { createApiLimits } from './rest/api-limits.ts';
import { createRestServer } from './rest/server.ts';
import type { Sandbox } from './sandbox.ts';
import { buildPreset, type Preset } from './schema/presets.ts';
import { readOverlay } from './schema/schema-overlay.ts';
import { createCursors } from './soql/cursors.ts';
import { foundOrg } from './store/found-org.ts';
import { createOrg } from './store/org.ts';
import { isJournalTransaction, publishCommits, replayTransaction } from './store/publish.ts';

/** How to start a sandbox org. */
export interface SalesforceSandboxOptions {
  host?: string;
  /** REST and OAuth; 0 = any free port. */
  port: number;
  /** What the org calls itself in its answers, where a proxy stands in front: `https://my-domain.my.salesforce.com`. */
  publicUrl?: string;
  pubsubPort?: number;
  adminPort?: number;
  /** One of `PRESETS` in schema/presets.ts; `default` unless said otherwise. */
  preset?: string;
  /** What to change in the preset's objects: a describe, several, or a {@link SchemaOverlay}. */
  schema?: unknown;
  /** Of the org's names and keys these, in place of made-up ones. `publicKey` is that of the app's certificate. */
  credentials?: Partial<Omit<Credentials, 'preset'>>;
  /** Keeps the org's state, credentials and tokens across restarts. */
  dataDir?: string;
  clock?: Clock;
  /** For the fault rules. */
  seed?: number;
  /** API requests per 24 hours. */
  dailyApiRequests?: number;
  /** Switches of the org (see org-settings.ts); win over the preset's and over what a kept org was left with. */
  settings?: OrgSettingsInput;
  /** Keepalive and idle timeouts of Pub/Sub streams, in milliseconds by the sandbox clock. */
  streamTiming?: StreamTiming;
}

/** A running sandbox org. Everything but `close` can be serialised. */
export interface SalesforceSandbox {
  url: string;
  adminUrl: string;
  /** `localhost:PORT` of the Pub/Sub API (gRPC over TLS, self-signed). */
  pubsubEndpoint: string;
  credentials: {
    loginUrl: string;
    instanceUrl: string;
    clientId: string;
    clientSecret: string;
    username: string;
    password: string;
    privateKey: string;
    refreshToken: string;
    organizationId: string;
  };
  close(): Promise<void>;
}

/** Starts a local Salesforce org: REST, OAuth, Pub/Sub and the admin port. Rejects when a port is taken or the preset unknown. */
export async function startSalesforceSandbox(options: SalesforceSandboxOptions): Promise<SalesforceSandbox> {
  const host = options.host ?? '127.0.0.1';
  const preset = buildPreset(options.preset ?? 'default', readOverlay(options.schema));
  const credentials = { ...(await loadCredentials(preset.name, options.dataDir)), ...options.credentials };
  const sandbox = buildSandbox(options, preset, credentials);
  sandbox.bulk.resume((job) => runJob(sandbox, job));
  const rest = createRestServer(sandbox);
  const url = `http://${host}:${await listen(rest, host, options.port)}`;
  sandbox.url = options.publicUrl ?? url;
  const pubsub = await startPubSubServer(
    sandbox,
    host,
    options.pubsubPort ?? 0,
    options.streamTiming ?? VENDOR_TIMING,
  );
  const admin = await startAdminServer(createSalesforceAdapter(sandbox), options.adminPort ?? 0);
  return {
    url,
    adminUrl: admin.url,
    pubsubEndpoint: `localhost:${pubsub.port}`,
    credentials: publicCredentials(sandbox.url, credentials),
    async close() {
      sandbox.cometd.close();
      await Promise.all([closeServer(rest), pubsub.close(), admin.close()]);
      await sandbox.bulk.close();
      sandbox.deployments.stop();
      sandbox.journal.close();
    },
  };
}

function publicCredentials(url: string, credentials: Credentials): SalesforceSandbox['credentials'] {
  const { clientId, clientSecret, username, password, privateKey, refreshToken, organizationId } =
    credentials;
  return {
    loginUrl: url,
    instanceUrl: url,
    clientId,
    clientSecret,
    username,
    password,
    privateKey,
    refreshToken,
    organizationId,
  };
}

function buildSandbox(options: SalesforceSandboxOptions, preset: Preset, credentials: Credentials): Sandbox {
  const clock = createSandboxClock(options.clock);
  const settings = createSettings(preset.settings);
  const org = createOrg(preset, clock, settings);
  const journal = openJournal(options.dataDir);
  const users = foundOrg(org, credentials);
  const sandbox: Sandbox = {
    url: '',
    latencyMs: 0,
    org,
    settings,
    clock,
    credentials,
    sessions: keptSessions(clock, credentials, settings, journal),
    oauth: createOauth({ clock, journal, credentials, users }),
    limits: createApiLimits(clock, options.dailyApiRequests ?? preset.dailyApiRequests),
    cursors: createCursors(clock),
    bulk: createBulk({ clock, settings, journal }, options.dataDir),
    ...createEventServices(clock, journal, () => sandbox),
    selectedEntities: createSelectedEntities(preset.selectedEntities),
    metadata: createComponentStore(),
    deployments: createDeployments(() => sandbox),
    retrievals: createRetrievals(() => sandbox),
    writes: createWriteLog(),
    requests: createRequestLog(),
    faults: createFaultEngine(options.seed, clock.ms),
    journal,
    users,
    get schemaModifiedAt() {
      return org.schemaModifiedAt;
    },
  };
  foundComponents(sandbox);
  watchPermissions(org);
  replay(sandbox);
  sandbox.deployments.resume();
  keepSettings(sandbox, options.settings);
  const { writes, changes } = sandbox;
  publishCommits(org, { writes, changes, journal: options.dataDir === undefined ? undefined : journal });
  followPushTopics(org, sandbox.streaming);
  return sandbox;
}

function openJournal(dataDir: string | undefined): JournalFile {
  return dataDir === undefined ? createNoJournal() : openJournalFile(join(dataDir, 'journal.jsonl'));
}

const anyEntry = z.object({ t: z.string() });
const settingsEntry = z.object({ settings: z.unknown() });

function keptSessions(
  clock: SandboxClock,
  credentials: Credentials,
  settings: SettingsHolder,
  journal: JournalFile,
): Sessions {
  const timeout = () => ({
    minutes: settings.current.sessionTimeoutMinutes,
    extended: settings.current.sessionExtendedByUse,
  });
  return createSessions(clock, credentials.organizationId, timeout, (entry) => journal.append(entry));
}

/** Journals changes of the switches from now on, then sets those that the start names. */
function keepSettings(sandbox: Sandbox, named: OrgSettingsInput | undefined): void {
  sandbox.settings.onChange((settings) => sandbox.journal.append({ t: 'settings', settings }));
  if (named !== undefined) sandbox.settings.change(named);
}

/** Brings the org back to where its journal left it. Revocations read here are appended again: harmless, and rare. */
function replay(sandbox: Sandbox): void {
  for (const entry of sandbox.journal.replay()) {
    if (isJournalTransaction(entry)) replayTransaction(sandbox.org, entry, sandbox);
    else replayEntry(sandbox, entry);
  }
}

/** Readers of the journal's other entries, by their `t`. */
const ENTRY_READERS: Readonly<Record<string, (sandbox: Sandbox, entry: unknown) => void>> = {
  ...OAUTH_ENTRY_READERS,
  settings: (sandbox, entry) => void sandbox.settings.change(settingsEntry.parse(entry).settings),
  ...EVENT_ENTRY_READERS,
  ...METADATA_ENTRY_READERS,
  ...Object.fromEntries(
    JOB_ENTRIES.map((t) => [t, (sandbox: Sandbox, entry: unknown) => sandbox.bulk.jobs.restore(entry)]),
  ),
};

function replayEntry(sandbox: Sandbox, entry: unknown): void {
  const { t } = anyEntry.parse(entry);
  const read = ENTRY_READERS[t];
  if (read === undefined) throw new Error(`the journal has an entry of an unknown kind: ${t}`);
  read(sandbox, entry);
}
