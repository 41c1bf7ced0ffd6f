import type { FastifyInstance } from 'fastify';
import { attachRoutes } from '../api/attach-routes.ts';
import { matchRoutes } from '../api/match-routes.ts';
import { conflictRoutes } from '../api/conflict-routes.ts';
import { buildApi } from '../api/build-api.ts';
import { connectionRoutes } from '../api/connection-routes.ts';
import { consoleRoutes } from '../api/console-routes.ts';
import { crmWebhookRoutes } from '../api/crm-webhook-routes.ts';
import { proposalRoutes } from '../api/proposal-routes.ts';
import { coalesce } from '../platform/queue/coalesce.ts';
import type { Queues } from '../platform/queue/queues.ts';
import { parseQueue } from '../../workers/parse-notifications.ts';
import { attachments } from './attachments.ts';
import { chooseMatch } from './choose-match.ts';
import { findConflicts } from './find-conflicts.ts';
import { listConnections } from './connection-store.ts';
import { connectionsPort } from './connections-port.ts';
import type { Application } from './open-application.ts';
import { ownershipPort } from './ownership-port.ts';
import { readOverview, type OverviewLink } from './overview.ts';
import { partnerLinks } from './partner-links.ts';
import { webhookTargets } from './webhook-targets.ts';

/** In a burst of notifications the queue is told so often and no more: telling it costs as much as storing one. */
const restBetweenWakesMs = 100;

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
    restBetweenWakesMs,
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
        ...webhookTargets(app),
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
