import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { listDealQuestions } from '../mirror/duplicates/deal-questions.ts';
import { listMatches, type ChooseMatch } from '../mirror/matches.ts';
import { answered } from './answer-attach.ts';
import { authenticated, keyOf } from './authenticate.ts';
import { notFound, problemResponses } from './problem.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';

const Kind = z.enum(['account', 'contact', 'deal']);
const MatchView = z.object({
  connection: z.string(),
  kind: Kind,
  key: z.string(),
  name: z.string(),
  problem: z
    .object({ kind: z.string(), plain: z.string(), nextStep: z.string().nullable() })
    .describe('why it waits for a person, and what to do'),
  candidates: z
    .array(
      z.object({
        crmId: z.string(),
        name: z.string(),
        score: z.number().int().describe('0 to 100'),
        because: z.string(),
        reasons: z.array(z.string()).describe('each piece of evidence with its points'),
      }),
    )
    .describe('the best first'),
  deals: z.number().int().describe('how many deals wait for it'),
  since: z.iso.datetime(),
  choice: z
    .object({
      crmId: z.string().nullable(),
      allowDuplicate: z.literal(true).optional(),
      by: z.string(),
      at: z.iso.datetime(),
    })
    .nullable(),
});
const Query = z.object({
  connection: z.string().min(1).max(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Params = z.object({
  connection: z.string().min(1).max(100),
  kind: Kind,
  key: z.string().min(1).max(255),
});
const Body = z.strictObject({
  crmId: z.string().min(1).max(100).nullable().describe('null: none of them, a new record is made'),
  allowDuplicate: z
    .boolean()
    .optional()
    .describe('with crmId null: make it although a duplicate rule of the CRM objects; for this record, once'),
  by: z.string().trim().min(1).max(200).optional(),
});

/** Accounts, contacts and deals of which it is not sure which record of the CRM they are: a person chooses. */
export function matchRoutes(choose: ChooseMatch): RouteGroup {
  return (scope, context) => addMatchRoutes(scope, context, choose);
}

async function addMatchRoutes(
  scope: FastifyInstance,
  context: ApiContext,
  choose: ChooseMatch,
): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.get(
    '/v1/matches',
    {
      schema: {
        summary: 'Customers of which a person has to say which CRM record they are',
        tags: ['matches'],
        security: authenticated,
        querystring: Query,
        response: { 200: z.object({ matches: z.array(MatchView) }), ...problemResponses(401, 422) },
      },
    },
    async ({ query: { connection = null, limit } }) => ({
      matches: [
        ...(await listDealQuestions(context.db, connection, limit)),
        ...(await listMatches(context.db, connection, limit)),
      ].map((match) => ({
        ...match,
        candidates: [...match.candidates].map((candidate) => ({
          ...candidate,
          reasons: [...candidate.reasons],
        })),
      })),
    }),
  );

  app.put(
    '/v1/matches/:connection/:kind/:key',
    {
      schema: {
        summary: 'Choose which CRM record it is',
        description:
          'A deal that a duplicate rule stopped is attached to the record chosen. Choosing again replaces the choice. Of deals in the CRM only fields that the mapping writes always change; by default the account stays what the sales team has.',
        tags: ['matches'],
        security: authenticated,
        params: Params,
        body: Body,
        response: { 204: z.undefined().describe('chosen'), ...problemResponses(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { connection, kind, key } = request.params;
      const by = request.body.by ?? keyOf(request).name;
      const { crmId, allowDuplicate = false } = request.body;
      const chosen = { connectionId: connection, kind, key, crmId, allowDuplicate, by };
      if (!(await answered(choose(chosen))))
        throw notFound(`The connection "${connection}" has no ${kind} "${key}".`);
      return reply.code(204).send(undefined);
    },
  );
}
