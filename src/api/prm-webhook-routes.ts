import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { processPrmEvents } from '../deals/process-prm-events.ts';
import { PrmMessage } from '../deals/prm-message.ts';
import { receivePrmEvent } from '../deals/receive-prm-event.ts';
import { notFound, Problem, problemResponses } from './problem.ts';
import { bodyCheckedByHandler } from './read-requests.ts';
import type { ApiContext } from './route-group.ts';
import { refuseSignature } from './standard-webhook.ts';

const Received = z.object({ received: z.literal(true), repeated: z.boolean() });

/**
 * The door for a PRM's signed webhooks. The raw bytes are verified and committed, then answered 202; deals are made
 * of them afterwards, so that no content of ours to judge ever makes the PRM send again.
 */
export async function prmWebhookRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  app.post<{ Params: { source: string } }>(
    '/v1/intake/prm/:source',
    {
      validatorCompiler: bodyCheckedByHandler,
      schema: {
        summary: 'Signed webhook of a partner programme (Standard Webhooks)',
        tags: ['intake'],
        params: z.object({ source: z.string() }),
        headers: z.object({
          'webhook-id': z.string().optional(),
          'webhook-timestamp': z.string().optional(),
          'webhook-signature': z.string().optional(),
        }),
        body: PrmMessage,
        response: { 202: Received, ...problemResponses(400, 401, 404, 413, 415) },
      },
    },
    async (request, reply) => {
      const { source } = request.params;
      const message = verify(request, source, context);
      const id = await receivePrmEvent(context.db, { source, ...message }, context.clock.now());
      if (id !== null) await processNow(context);
      return reply.code(202).send({ received: true, repeated: id === null });
    },
  );
}

function verify(
  request: FastifyRequest,
  source: string,
  context: ApiContext,
): { webhookId: string; body: Buffer } {
  const secrets = Object.hasOwn(context.prmWebhookSecrets, source)
    ? context.prmWebhookSecrets[source]
    : undefined;
  if (secrets === undefined) throw notFound('No partner programme of this name is set up.');
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const webhookId = headerOf(request, 'webhook-id');
  const refusal = refuseSignature(
    {
      id: webhookId,
      timestamp: headerOf(request, 'webhook-timestamp'),
      signature: headerOf(request, 'webhook-signature'),
      body,
    },
    secrets,
    context.clock.now(),
  );
  if (refusal !== null || webhookId === undefined) {
    // A wrong secret or a clock that is off refuses every registration, and only the sender would know.
    context.logger.warn({ source, reason: refusal }, 'a message of a partner programme was refused');
    throw new Problem(401, 'signature-refused', refusal ?? undefined);
  }
  return { webhookId, body };
}

/** The message is safe already: trouble here must not make the PRM send it again. Whoever runs next takes it. */
async function processNow(context: ApiContext): Promise<void> {
  try {
    await processPrmEvents(context.db, context.deals, context.logger, 10);
  } catch (error) {
    context.logger.error({ err: error }, 'PRM messages are stored but could not be processed yet');
  }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
