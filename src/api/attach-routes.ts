import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Attachments } from '../mirror/attach/attachments.ts';
import { answered } from './answer-attach.ts';
import { authenticated, keyOf } from './authenticate.ts';
import { problemResponses } from './problem.ts';
import type { RouteGroup } from './route-group.ts';

const Params = z.object({ id: z.uuid('is not a deal id') });
const Connection = z.string().min(1).max(100);
const By = z.string().trim().min(1).max(200).optional().describe("who says so; default: the API key's name");
const Answer = z.object({ deal: z.string(), connection: z.string(), crmId: z.string() });

/** A registration and the record of the CRM it belongs to, where a rep had one before. */
export function attachRoutes(attachments: Attachments): RouteGroup {
  return async (scope: FastifyInstance, context) => {
    const app = scope.withTypeProvider<ZodTypeProvider>();
    app.addHook('onRequest', context.authenticate);

    app.put(
      '/v1/deals/:id/attachment',
      {
        schema: {
          summary: 'Attach a deal to a record that is in the CRM already',
          description:
            'Only registration, partner and protection fields are written there, and the deal counts as influenced. ' +
            'Refused for a record that is closed or carries another registration.',
          tags: ['deals'],
          security: authenticated,
          params: Params,
          body: z.strictObject({
            connection: Connection,
            crmId: z.string().trim().min(1).max(100),
            by: By,
            approve: z.boolean().default(false).describe('approve the submitted deal in the same step'),
          }),
          response: { 200: Answer, ...problemResponses(401, 404, 409, 422) },
        },
      },
      async (request) => {
        const { connection, crmId, approve, by = keyOf(request).name } = request.body;
        const wanted = { dealId: request.params.id, connectionId: connection, crmId, by, approve };
        const attached = await answered(attachments.attach(wanted));
        return { deal: request.params.id, connection, crmId: attached.crmId };
      },
    );

    app.delete(
      '/v1/deals/:id/attachment',
      {
        schema: {
          summary: 'Take a deal off the record it was attached to',
          description: 'Our fields there get back what they held; the deal becomes a record of its own.',
          tags: ['deals'],
          security: authenticated,
          params: Params,
          querystring: z.strictObject({ connection: Connection, by: By }),
          response: { 200: Answer, ...problemResponses(401, 404, 409, 422) },
        },
      },
      async (request) => {
        const { connection, by = keyOf(request).name } = request.query;
        const wanted = { dealId: request.params.id, connectionId: connection, by };
        const { crmId } = await answered(attachments.detach(wanted));
        return { deal: request.params.id, connection, crmId };
      },
    );
  };
}
