import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { listParked, retryParked } from '../deals/parked-elements.ts';
import { authenticated, keyOf } from './authenticate.ts';
import { notFound, problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const Parked = z.object({
  id: z.string(),
  source: z.string(),
  webhookId: z.string(),
  position: z.number().int().describe('index of the element in its message; -1 = the whole message'),
  kind: z.string(),
  element: z.string().describe('as received'),
  reason: z.string(),
  parkedAt: z.string(),
});

const Retried = z.object({ outcome: z.string(), reason: z.string().optional() });

/** What arrived from a PRM and needs a person. */
export async function intakeRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.get(
    '/v1/intake/parked',
    {
      schema: {
        summary: 'Parked elements of PRM messages, oldest first',
        tags: ['intake'],
        security: authenticated,
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
        response: { 200: z.object({ parked: z.array(Parked) }), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const parked = await listParked(context.db, request.query.limit);
      return {
        parked: parked.map(({ id, webhook_id, parked_at, ...rest }) => ({
          ...rest,
          id: id.toString(),
          webhookId: webhook_id,
          parkedAt: parked_at.toISOString(),
        })),
      };
    },
  );

  app.post(
    '/v1/intake/parked/:id/retry',
    {
      schema: {
        summary: 'Take a parked element again, after its cause was removed',
        tags: ['intake'],
        security: authenticated,
        params: z.object({ id: z.string().regex(/^\d{1,18}$/) }),
        response: { 200: Retried, ...problemResponses(401, 404) },
      },
    },
    async (request) => {
      const id = BigInt(request.params.id);
      const outcome = await retryParked(context.db, id, keyOf(request).name, context.deals);
      if (outcome === null) throw notFound('No such element is parked.');
      return {
        outcome: outcome.outcome,
        ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      };
    },
  );
}
