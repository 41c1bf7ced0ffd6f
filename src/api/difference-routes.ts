import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { DifferenceView, listDifferences } from '../ownership/list-differences.ts';
import { authenticated } from './authenticate.ts';
import { problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const Query = z.object({
  connection: z.string().min(1).max(100).optional(),
  deal: z.uuid().optional(),
  all: z.stringbool().default(false).describe('also those that are over'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** What the CRMs made of what was written to them. */
export async function differenceRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);
  app.get(
    '/v1/differences',
    {
      schema: {
        summary: 'Fields that hold something else than was written, newest first',
        tags: ['fields'],
        security: authenticated,
        querystring: Query,
        response: { 200: z.object({ differences: z.array(DifferenceView) }), ...problemResponses(401, 422) },
      },
    },
    async ({ query: { connection, deal, all, limit } }) => ({
      differences: await listDifferences(context.db, { connectionId: connection, dealId: deal, all, limit }),
    }),
  );
}
