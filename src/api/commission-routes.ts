import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PartnerKey } from '../partners/partner.ts';
import { approveByHand, listWaiting } from '../payouts/approve-by-hand.ts';
import { authenticated } from './authenticate.ts';
import { problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const MOST_AT_ONCE = 1_000;

const Waiting = z.object({
  dealId: z.string(),
  deal: z.string(),
  partner: z.string(),
  amount: z.string().describe('exact decimal text in `currency`'),
  currency: z.string(),
  entries: z.array(z.string()).describe('what approving means: give these back'),
  explanation: z.string(),
  wonAt: z.string(),
  since: z.string(),
});

const Body = z.strictObject({
  entries: z.array(z.uuid()).min(1).max(10_000),
  by: z.string().trim().min(1).max(200).describe('the person who approves'),
});

const Approved = z.object({
  approved: z.number().int(),
  before: z.array(z.string()).describe('were approved before'),
  unknown: z.array(z.string()).describe('there is no such entry'),
});

/** Commissions that wait for a person, where the programme asks for approval. */
export async function commissionRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.get(
    '/v1/commissions/waiting',
    {
      schema: {
        summary: 'Commissions that nobody approved yet, oldest first',
        tags: ['commissions'],
        security: authenticated,
        querystring: z.strictObject({ partner: PartnerKey.optional() }),
        response: { 200: z.object({ waiting: z.array(Waiting) }), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const waiting = await listWaiting(context.db, { partner: request.query.partner }, MOST_AT_ONCE);
      return {
        waiting: waiting.map(({ wonAt, since, ...each }) => ({
          ...each,
          wonAt: wonAt.toISOString(),
          since: since.toISOString(),
        })),
      };
    },
  );

  app.post(
    '/v1/commissions/approve',
    {
      schema: {
        summary: 'Approve commissions',
        description:
          'Exactly the entries that were shown, with those before them that they correct; what was posted since still waits. Approving again changes nothing.',
        tags: ['commissions'],
        security: authenticated,
        body: Body,
        response: { 200: Approved, ...problemResponses(401, 422) },
      },
    },
    async (request) => approveByHand(context, request.body.entries, request.body.by),
  );
}
