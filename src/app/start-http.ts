import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { attachRoutes } from '../api/attach-routes.ts';
import { matchRoutes } from '../api/match-routes.ts';
import { conflictRoutes } from '../api/conflict-routes.ts';
import { buildApi } from '../api/build-api.ts';
import { connectionRoutes } from '../api/connection-routes.ts';
import { consoleRoutes } from '../api/console-routes.ts';
import { crmWebhookRoutes, type CrmWebhookTarget } from '../api/crm-webhook-routes.ts';
import { proposalRoutes } from '../api/proposal-routes.ts';
import { coalesce } from '../platform/queue/coalesce.ts';
import type { Queues } from '../platform/queue/queues.ts';
import { parseQueue } from '../../workers/parse-notifications.ts';
import { attachments } from './attachments.ts';
import { chooseMatch } from './choose-match.ts';
import { findConflicts } from './find-conflicts.ts';
import { listConnections, loadConnection, loadCredentials } from './connection-store.ts';
import { connectionsPort } from './connections-port.ts';
import type { Application } from './open-application.ts';
import { ownershipPort } from './ownership-port.ts';
import { readOverview, type OverviewLink } from './overview.ts';
import { partnerLinks } from './partner-links.ts';

export interface HttpOptions {
  queues: Queues;
  links: readonly OverviewLink[];
  /** Take the next free port when the wished one is taken. */
  nextFreePort: boolean;
}

export interface RunningHttp {
  url: string;
  publicUrl: string;
  close(): Promise<void>;
}

/** Serves the API, the webhooks and the console. */
export async function startHttp(app: Application, options: HttpOptions): Promise<RunningHttp> {
  let publicUrl = app.config.http.publicUrl?.replace(/\/$/, '') ?? '';
  const onlySandboxes = (await listConnections(app.db)).every((connection) => connection.isSandbox);
  const open = onlySandboxes && isLoopback(app.config.http.host);
  // A wake that fails costs time, not the notification: the sweeper finds what was stored.
  const wakeParsing = coalesce(
    () => options.queues.wake(parseQueue, {}),
    (error) => app.logger.warn({ err: error }, 'the queue was not told of a notification'),
  );
  const server = buildApi({
    db: app.db,
    clock: app.clock,
    logger: app.logger,
    apiKeys: app.apiKeys.map(({ name, key }) => ({ name, source: name, secret: key })),
    prmWebhookSecrets: app.config.prmWebhookSecrets.length > 0 ? { prm: app.config.prmWebhookSecrets } : {},
    outputs: app.deals.outputs,
    chooseRecord: app.deals.chooseRecord,
    links: partnerLinks(app),
    routeGroups: [
      attachRoutes(attachments(app)),
      matchRoutes(chooseMatch(app)),
      conflictRoutes(findConflicts(app)),
      crmWebhookRoutes({
        targetOf: (connectionId) => webhookTarget(app, connectionId),
        publicUrl: () => publicUrl,
        stored: wakeParsing,
      }),
      connectionRoutes(connectionsPort(app, { publicUrl: () => publicUrl, open })),
      proposalRoutes({ ...ownershipPort(app), open }),
      consoleRoutes({
        open,
        overview: (dealId) =>
          readOverview(app.db, {
            routing: app.config.mirrorTo,
            definitions: app.definitions,
            links: options.links,
            now: app.clock.now(),
            ...(dealId ? { dealId } : {}),
          }),
      }),
    ],
  });
  const url = await listen(server, app, options.nextFreePort);
  publicUrl ||= url;
  return { url, publicUrl, close: () => server.close() };
}

function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '::1' || host === 'localhost';
}

/** Verified with the app's client secrets, as stored; two look-ups on primary keys per notification batch. */
async function webhookTarget(app: Application, connectionId: string): Promise<CrmWebhookTarget | null> {
  const connection = await loadConnection(app.db, connectionId);
  const definition = app.definitions.find(({ vendor }) => vendor === connection?.vendor);
  if (!connection || !definition?.webhook) return null;
  const secrets = signingSecrets(await loadCredentials(app.db, app.keyring, connectionId));
  if (secrets.length === 0) return null;
  return { receiver: definition.webhook, secrets, settings: definition.settings.parse(connection.settings) };
}

const SigningSecrets = z.object({
  clientSecret: z.string(),
  /** While one secret replaces the other. */
  otherClientSecret: z.string().optional(),
});

function signingSecrets(credentials: unknown): string[] {
  const { data } = SigningSecrets.safeParse(credentials);
  if (data === undefined) return [];
  return [data.clientSecret, ...(data.otherClientSecret === undefined ? [] : [data.otherClientSecret])];
}

async function listen(server: FastifyInstance, app: Application, nextFreePort: boolean): Promise<string> {
  const { host, port } = app.config.http;
  for (let candidate = port; ; candidate++) {
    try {
      return await server.listen({ host, port: candidate });
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || !nextFreePort || candidate > port + 50) throw error;
    }
  }
}
