import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { DealView, dealStatuses, viewDeal } from '../deals/deal.ts';
import { acceptIntake } from '../deals/intake.ts';
import type { IntakeResult } from '../deals/intake-item.ts';
import { dealHistory, findDeal, listDeals } from '../deals/read-deals.ts';
import { Registration } from '../deals/registration.ts';
import type { Sql } from '../platform/database/database.ts';
import { authenticated, keyOf } from './authenticate.ts';
import { DealCursor, cursorAfter } from './deal-cursor.ts';
import { answerOnce, idempotencyKeyOf, sendAnswer } from './idempotency.ts';
import type { Answer } from './idempotency.ts';
import { invalid, notFound, Problem, problemResponses } from './problem.ts';
import { bodyCheckedByHandler } from './read-requests.ts';
import type { ApiContext } from './route-group.ts';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

/** The deal as it stands now, and what became of the registration. */
const RegistrationAnswer = DealView.extend({
  outcome: z.enum(['registered', 'changed', 'unchanged', 'ignored-older', 'repeated-event']),
});

const DealParams = z.object({ id: z.string() });

const DealPage = z.object({
  deals: z.array(DealView),
  next: z.string().nullable().describe('cursor of the next page'),
});

const DealQuery = z.strictObject({
  status: z.enum(dealStatuses).optional(),
  partner: z.string().optional(),
  source: z.string().optional(),
  cursor: DealCursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const DealHistory = z.object({
  events: z.array(
    z.object({
      version: z.number().int(),
      kind: z.string(),
      actor: z.string(),
      data: z.unknown(),
      occurredAt: z.string(),
    }),
  ),
});

/** Registering and reading deals. */
export async function dealRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);
  registerDealRoute(app, context);

  app.get(
    '/v1/deals/:id',
    {
      schema: {
        summary: 'One deal',
        tags: ['deals'],
        security: authenticated,
        params: DealParams,
        response: { 200: DealView, ...problemResponses(401, 404) },
      },
    },
    async (request) => {
      const deal = await findDeal(context.db, request.params.id);
      if (deal === null) throw notFound('There is no such deal.');
      return viewDeal(deal);
    },
  );

  app.get(
    '/v1/deals',
    {
      schema: {
        summary: 'Deals, newest registration first',
        tags: ['deals'],
        security: authenticated,
        querystring: DealQuery,
        response: { 200: DealPage, ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { status, partner, source, cursor, limit } = request.query;
      const filter = { ...(status && { status }), ...(partner && { partner }), ...(source && { source }) };
      const deals = await listDeals(context.db, filter, { after: cursor ?? null, limit: limit + 1 });
      const page = deals.slice(0, limit);
      return { deals: page.map(viewDeal), next: deals.length > limit ? cursorAfter(page.at(-1)) : null };
    },
  );

  app.get(
    '/v1/deals/:id/history',
    {
      schema: {
        summary: 'Everything that happened to a deal, oldest first',
        tags: ['deals'],
        security: authenticated,
        params: DealParams,
        response: { 200: DealHistory, ...problemResponses(401, 404) },
      },
    },
    async (request) => {
      const deal = await findDeal(context.db, request.params.id);
      if (deal === null) throw notFound('There is no such deal.');
      const events = await dealHistory(context.db, deal.id);
      return {
        events: events.map(({ occurred_at, ...event }) => ({
          ...event,
          occurredAt: occurred_at.toISOString(),
        })),
      };
    },
  );
}

/** Outside the type provider: the answer is sent as the text it is saved as, so that a repeat gets the same bytes. */
function registerDealRoute(app: FastifyInstance, context: ApiContext): void {
  app.post(
    '/v1/deals',
    {
      validatorCompiler: bodyCheckedByHandler,
      schema: {
        summary: 'Register a deal',
        description:
          'The same Idempotency-Key with the same body gets the saved answer again, for ever. Without one, the same ' +
          'ref is the same deal. Without a ref, the Idempotency-Key stands in for it. A `version` older than one ' +
          'seen is ignored and recorded.',
        tags: ['deals'],
        security: authenticated,
        headers: z.object({ 'idempotency-key': z.string().optional() }),
        body: Registration.partial({ ref: true }),
        response: {
          200: RegistrationAnswer.describe('known before: changed, unchanged, or ignored because older'),
          201: RegistrationAnswer.describe('registered'),
          ...problemResponses(400, 401, 409, 413, 415, 422),
        },
      },
    },
    async (request, reply) => {
      const registration = withRef(request.body, idempotencyKeyOf(request));
      const { name, source } = keyOf(request);
      const answer = await answerOnce(context.db, request, context.clock.now(), async (tx) => {
        const [result] = await acceptIntake(
          tx,
          { name: source, actor: name },
          [{ registration }],
          context.deals,
        );
        if (result === undefined) throw new Error('the intake gave no result');
        return answerOf(tx, result);
      });
      return sendAnswer(reply, answer);
    },
  );
}

function withRef(body: unknown, idempotencyKey: string | null): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || 'ref' in body) return body;
  if (idempotencyKey === null) throw new Problem(400, 'idempotency-key-missing');
  return { ...body, ref: `key:${idempotencyKey}` };
}

async function answerOf(tx: Sql, result: IntakeResult): Promise<Answer> {
  if (result.outcome === 'malformed') throw invalid(result.faults);
  if (result.outcome === 'refused') {
    // Answered, not thrown: the refusal is an event of the deal, which a rollback would lose.
    return {
      status: 409,
      location: null,
      body: new Problem(409, 'illegal-transition', result.reason).toBody(),
    };
  }
  const deal = await findDeal(tx, result.dealId);
  if (deal === null) throw new Error(`deal ${result.dealId} vanished`);
  const isNew = result.outcome === 'registered';
  return {
    status: isNew ? 201 : 200,
    location: isNew ? `/v1/deals/${deal.id}` : null,
    body: JSON.stringify({ ...viewDeal(deal), outcome: result.outcome }),
  };
}
