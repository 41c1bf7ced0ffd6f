import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WebhookReceiver } from '../crm/connector.ts';
import { storeTogether } from '../observations/store-together.ts';
import { notFound, Problem, problemResponses } from './problem.ts';
import { bodyCheckedByHandler } from './read-requests.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';

/** How a connection's notifications are verified; null when the connection takes none. */
export interface CrmWebhookTarget {
  receiver: WebhookReceiver;
  /** Newest first; several while one is being replaced. */
  secrets: readonly string[];
  /** The connection's own, as its vendor reads them. */
  settings?: unknown;
}

export interface CrmWebhookPort {
  targetOf(connectionId: string): Promise<CrmWebhookTarget | null>;
  /** What `targetOf` answered moments ago. A genuine notification is taken by it; nothing is refused by it. */
  remembered?(connectionId: string): CrmWebhookTarget | null;
  /** The public address of this server: the vendor signed the URL it called, not the one a proxy passed on. */
  publicUrl(): string;
  /** Called after the commit, and not waited for: the CRM's answer does not depend on a queue. */
  stored(): void;
}

/**
 * The door for a CRM's signed notifications: verify the raw body, commit it, answer. No element is looked at here, so one
 * odd element can neither lose its neighbours nor slow the answer. Database down: 503, and the CRM sends again.
 */
export function crmWebhookRoutes(port: CrmWebhookPort): RouteGroup {
  return async (app: FastifyInstance, context: ApiContext) => {
    const store = storeTogether(context.db);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.post<{ Params: { connectionId: string } }>(
      '/v1/webhooks/crm/:connectionId',
      {
        validatorCompiler: bodyCheckedByHandler,
        schema: {
          summary: 'Signed change notifications of a CRM',
          tags: ['crm'],
          params: z.object({ connectionId: z.string() }),
          response: { 204: z.null(), ...problemResponses(400, 401, 404, 413) },
        },
      },
      async (request, reply) => {
        const { connectionId } = request.params;
        const target = await targetFor(request, connectionId, port, context);
        const body = verify(request, target, port.publicUrl(), context);
        await store({ connectionId, body, receivedAt: context.clock.now() });
        port.stored();
        return reply.code(204).send(null);
      },
    );
  };
}

/** Asking the database costs more than all the rest but storing, so that what was known a moment ago is tried first. */
async function targetFor(
  request: FastifyRequest,
  connectionId: string,
  port: CrmWebhookPort,
  context: ApiContext,
): Promise<CrmWebhookTarget> {
  const remembered = port.remembered?.(connectionId) ?? null;
  if (remembered && refusalOf(request, remembered, port.publicUrl(), context) === null) return remembered;
  const target = await port.targetOf(connectionId);
  if (!target) throw notFound('No connection of this name takes notifications.');
  return target;
}

function verify(
  request: FastifyRequest,
  target: CrmWebhookTarget,
  publicUrl: string,
  context: ApiContext,
): Buffer {
  const refusal = refusalOf(request, target, publicUrl, context);
  if (refusal === null) return wellFormed(rawBodyOf(request), target, context);
  // The reason helps an attacker, too: it goes to the log, never into the answer.
  context.logger.warn({ reason: refusal, route: '/v1/webhooks/crm' }, 'a notification was refused');
  throw new Problem(401, 'signature-refused', 'The signature does not hold.');
}

function refusalOf(
  request: FastifyRequest,
  { receiver, secrets, settings }: CrmWebhookTarget,
  publicUrl: string,
  context: ApiContext,
): string | null {
  const { method, url } = request;
  return receiver.refuse(
    { method, url: `${publicUrl}${url}`, headers: singleHeaders(request), rawBody: rawBodyOf(request) },
    secrets,
    context.clock.now(),
    settings,
  );
}

function rawBodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** Only after the signature: what strangers send is not read. */
function wellFormed(rawBody: Buffer, { receiver }: CrmWebhookTarget, context: ApiContext): Buffer {
  const problem = receiver.malformed?.(rawBody) ?? null;
  if (problem === null) return rawBody;
  context.logger.warn({ reason: problem, route: '/v1/webhooks/crm' }, 'a notification was refused');
  throw new Problem(400, 'malformed-request', `The body is refused: ${problem}.`);
}

function singleHeaders(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
