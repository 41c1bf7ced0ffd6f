import path from 'node:path';
import { startMailCatcher } from '../payouts/mails/catch-mails.ts';
import { publishDefaultPlan, publishPlan } from '../commissions/publish-plan.ts';
import { readPublishableFile } from '../commissions/read-plan.ts';
import { ensureConfiguredEndpoint } from '../payouts/endpoints.ts';
import { alertTypes, messageTypes } from '../payouts/message-types.ts';
import type { Config } from '../platform/config/config.ts';
import { callbackUrl } from './authorization/by-console.ts';
import {
  configuredConnections,
  localConnections,
  pointWebhooks,
  registerCallback,
  saveConnections,
} from './connect-crms.ts';
import { startLocalCrms, type LocalCrms } from './local-crms.ts';
import { openApplication, type Application } from './open-application.ts';
import type { OverviewLink } from './overview.ts';
import { localRecordRules, prepareProgramme } from './programme/prepare-programme.ts';
import { keepProgrammeMoving } from './programme/keep-moving.ts';
import { noteRunningCrms } from './programme/running-crms.ts';
import { tributaryClient } from './programme/tributary-client.ts';
import { startHttp, type RunningHttp } from './start-http.ts';
import { startWorkers } from './start-workers.ts';

export interface Servers {
  http: boolean;
  workers: boolean;
  /** Without credentials: run the local CRMs and an invented programme. Never when a real CRM is configured. */
  localCrms: boolean;
}

export interface RunningServers {
  url: string | null;
  apiKeys: readonly { name: string; key: string }[];
  crms: LocalCrms | null;
  close(): Promise<void>;
}

/** Starts what a process is for: everything (`start`), HTTP (`serve`) or workers (`work`). Closing goes in reverse. */
export async function runServers(config: Config, wanted: Servers): Promise<RunningServers> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const local = wanted.localCrms && isUnconfigured(config);
    const crms = local ? await startCrms(config, closing) : null;
    const app = await openApplication({
      config,
      name: 'tributary',
      ...(crms ? { recordRules: localRecordRules } : {}),
    });
    closing.push(app.close);
    await connect(app, crms);
    const http = await startSides(app, wanted, crms, closing);
    if (crms && http) await startProgramme(app, crms, http, closing);
    return { url: http?.url ?? null, apiKeys: app.apiKeys, crms, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function isUnconfigured(config: Config): boolean {
  return config.salesforce === undefined && config.hubspot === undefined;
}

async function startCrms(config: Config, closing: (() => Promise<void>)[]): Promise<LocalCrms> {
  const running = await startLocalCrms({
    dataDir: path.resolve(config.dataDir, 'crms'),
    payoutReceiver: true,
  });
  closing.push(running.stop);
  await noteRunningCrms(config.dataDir, running.crms);
  return running.crms;
}

async function connect(app: Application, crms: LocalCrms | null): Promise<void> {
  const { config } = app;
  await saveConnections(app, crms ? localConnections(crms, config.pushSlots) : configuredConnections(config));
  if (config.planFile) await publishConfiguredPlan(app, config.planFile);
  // A real programme's rates are never invented: without a plan its wins are held, by name, until one is published.
  else if (crms) await publishDefaultPlan(app.db, app.clock);
  const context = { db: app.db, clock: app.clock, keyring: app.keyring, allowHttp: false };
  const { payout, alerts } = config;
  if (payout)
    await ensureConfiguredEndpoint(context, { label: 'Payout endpoint', ...payout, types: messageTypes });
  if (alerts.endpoint)
    await ensureConfiguredEndpoint(context, { label: 'Alerts', ...alerts.endpoint, types: alertTypes });
}

async function publishConfiguredPlan(app: Application, file: string): Promise<void> {
  const read = await readPublishableFile(file);
  if ('faults' in read)
    throw new Error(
      `The plan ${file} cannot be used: ${JSON.stringify(read.faults)}. Run tributary plan check ${file}.`,
    );
  await publishPlan(app.db, app.clock, { ...read, publishedBy: 'TRIBUTARY_PLAN_FILE' });
}

async function startSides(
  app: Application,
  wanted: Servers,
  crms: LocalCrms | null,
  closing: (() => Promise<void>)[],
): Promise<RunningHttp | null> {
  const queues = await app.openQueues();
  closing.push(queues.close);
  const http = wanted.http
    ? await startHttp(app, { queues, links: crmLinks(crms), nextFreePort: wanted.localCrms })
    : null;
  if (http) closing.push(http.close);
  if (!wanted.workers) return http;
  const smtpUrl = app.config.mail.smtpUrl ?? (await catchMails(app, closing));
  const publicUrl =
    http?.publicUrl ?? app.config.http.publicUrl ?? `http://${app.config.http.host}:${app.config.http.port}`;
  const workers = await startWorkers(app, { queues, publicUrl, smtpUrl });
  closing.push(workers.close);
  return http;
}

async function catchMails(app: Application, closing: (() => Promise<void>)[]): Promise<string> {
  const catcher = await startMailCatcher({ dataDir: app.config.dataDir });
  closing.push(catcher.close);
  return catcher.smtpUrl;
}

async function startProgramme(
  app: Application,
  crms: LocalCrms,
  http: RunningHttp,
  closing: (() => Promise<void>)[],
): Promise<void> {
  await pointWebhooks(crms, http.publicUrl);
  await registerCallback(crms, callbackUrl(http.publicUrl, 'salesforce'));
  const client = tributaryClient(http.url, app.apiKeys[0]?.key ?? '');
  await prepareProgramme(app, crms, client);
  const moving = keepProgrammeMoving(app, crms, client);
  closing.push(moving.stop);
}

function crmLinks(crms: LocalCrms | null): OverviewLink[] {
  const links: OverviewLink[] = [];
  if (crms?.salesforce) links.push({ label: 'Open the local Salesforce', url: crms.salesforce.adminUrl });
  if (crms?.hubspot) links.push({ label: 'Open the local HubSpot', url: crms.hubspot.adminUrl });
  return links;
}
