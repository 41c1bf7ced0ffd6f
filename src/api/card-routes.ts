import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { listCards } from '../platform/cards/cards.ts';
import { authenticated } from './authenticate.ts';
import { problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const CardView = z.object({
  id: z.string(),
  connection: z.string(),
  kind: z.string(),
  subject: z.string().describe('what it is about: a field, a channel, a deal'),
  plain: z.string(),
  nextStep: z.string(),
  details: z.record(z.string(), z.unknown()),
  alerts: z.boolean().describe('it stops the connection; somebody is told at once'),
  openedAt: z.iso.datetime(),
  lastMetAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
});
const Query = z.object({
  connection: z.string().min(1).max(100).optional(),
  kind: z.string().min(1).max(100).optional(),
  closed: z.stringbool('write true or false').default(false).describe('solved ones, too'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** What needs a person, with the next step. */
export async function cardRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.get(
    '/v1/cards',
    {
      schema: {
        summary: 'What needs a person; a card closes by itself once its cause is gone',
        tags: ['cards'],
        security: authenticated,
        querystring: Query,
        response: { 200: z.object({ cards: z.array(CardView) }), ...problemResponses(401, 422) },
      },
    },
    async ({ query: { connection, kind, closed, limit } }) => {
      const cards = await listCards(context.db, {
        ...(connection === undefined ? {} : { connectionId: connection }),
        ...(kind === undefined ? {} : { kind }),
        withClosed: closed,
        limit,
      });
      return {
        cards: cards.map(({ connectionId, openedAt, lastMetAt, closedAt, ...card }) => ({
          ...card,
          connection: connectionId,
          openedAt: openedAt.toISOString(),
          lastMetAt: lastMetAt.toISOString(),
          closedAt: closedAt?.toISOString() ?? null,
        })),
      };
    },
  );
}
