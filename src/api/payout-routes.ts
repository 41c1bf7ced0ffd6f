import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { acknowledgePayout } from '../payouts/acknowledge.ts';
import { authenticated } from './authenticate.ts';
import { notFound, problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const Params = z.object({ messageId: z.string().min(1).max(100) });

const Body = z
  .strictObject({
    reference: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .describe("the receiver's own number of the payout"),
  })
  .nullish();

const Acknowledged = z.object({
  messageId: z.string(),
  reference: z.string().nullable(),
  acknowledgedAt: z.string(),
});

/** For receivers that take on a payout later than in their answer to the message. */
export async function payoutRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.post(
    '/v1/payouts/:messageId/acknowledge',
    {
      schema: {
        summary: 'Acknowledge a payout message',
        description:
          'Idempotent: the first acknowledgement counts and is answered to every later one. Ends the retries of a message whose own answer was lost.',
        tags: ['payouts'],
        security: authenticated,
        params: Params,
        body: Body,
        response: { 200: Acknowledged, ...problemResponses(401, 404, 422) },
      },
    },
    async (request) => {
      const reference = request.body?.reference ?? null;
      const acknowledged = await acknowledgePayout(context, request.params.messageId, reference);
      if (acknowledged === null) throw notFound('There is no payout message with this id.');
      return { ...acknowledged, acknowledgedAt: acknowledged.acknowledgedAt.toISOString() };
    },
  );
}
