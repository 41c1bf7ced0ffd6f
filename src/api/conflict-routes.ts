import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { FindConflicts } from '../deals/conflicts.ts';
import { findDeal } from '../deals/read-deals.ts';
import { authenticated } from './authenticate.ts';
import { notFound, problemResponses } from './problem.ts';
import type { RouteGroup } from './route-group.ts';

const Answer = z.object({
  conflicts: z.array(
    z.object({
      connection: z.string(),
      notAsked: z.string().nullable().describe('why the CRM could not be asked; null when it was'),
      records: z.array(
        z.object({
          object: z.string(),
          crmId: z.string(),
          name: z.string(),
          condition: z.string().nullable(),
          owner: z.string().nullable(),
          registration: z.string().nullable().describe('the deal of ours it belongs to'),
          because: z.string(),
        }),
      ),
    }),
  ),
});

/** What the CRMs have of the customer of a deal, for whoever decides on it. */
export function conflictRoutes(findConflicts: FindConflicts): RouteGroup {
  return async (scope: FastifyInstance, context) => {
    const app = scope.withTypeProvider<ZodTypeProvider>();
    app.addHook('onRequest', context.authenticate);
    app.get(
      '/v1/deals/:id/conflicts',
      {
        schema: {
          summary: 'Open leads and deals of the same customer',
          description: 'Asked of the CRMs at this moment. They stop no approval: a person decides.',
          tags: ['decisions'],
          security: authenticated,
          params: z.object({ id: z.string() }),
          response: { 200: Answer, ...problemResponses(401, 404) },
        },
      },
      async (request) => {
        const deal = await findDeal(context.db, request.params.id);
        if (deal === null) throw notFound('There is no such deal.');
        const found = await findConflicts(deal.id);
        return { conflicts: found.map((one) => ({ ...one, records: [...one.records] })) };
      },
    );
  };
}
