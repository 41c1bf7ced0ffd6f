import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { DealView, viewDeal } from '../deals/deal.ts';
import { decideDeals } from '../deals/decide-deals.ts';
import type { DecisionRequest, DecisionResult } from '../deals/decide-deals.ts';
import { dealIds, findDeal } from '../deals/read-deals.ts';
import { authenticated, keyOf } from './authenticate.ts';
import { notFound, Problem, problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const By = z.string().trim().min(1).max(200).optional().describe("who decides; default: the API key's name");
const Reason = z.string().trim().min(1, 'must not be empty').max(1000);

const Approval = z.strictObject({ by: By, reason: Reason.optional() }).nullish();
const Rejection = z.strictObject({ by: By, reason: Reason });

const Selection = {
  ids: z.array(z.uuid('is not a deal id')).min(1).max(10_000).optional(),
  filter: z
    .strictObject({ partner: z.string().optional(), source: z.string().optional() })
    .optional()
    .describe('among the submitted deals; {} = all of them'),
};
const onlyOne = { path: ['ids'], message: 'give either ids or filter' };
const BulkApproval = z
  .strictObject({ ...Selection, by: By, reason: Reason.optional() })
  .refine((body) => (body.ids === undefined) !== (body.filter === undefined), onlyOne);
const BulkRejection = z
  .strictObject({ ...Selection, by: By, reason: Reason })
  .refine((body) => (body.ids === undefined) !== (body.filter === undefined), onlyOne);

const BulkAnswer = z.object({
  decided: z.number().int(),
  refused: z.array(z.object({ id: z.string(), name: z.string(), reason: z.string() })),
});

/** Approving and rejecting, one deal or many. */
export async function decisionRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.post(
    '/v1/deals/:id/approve',
    { schema: oneDeal('Approve a submitted deal', Approval) },
    async (request) =>
      decideOne(context, request.params.id, decisionOf('approve', request.body, keyOf(request).name)),
  );
  app.post(
    '/v1/deals/:id/reject',
    { schema: oneDeal('Reject a submitted deal', Rejection) },
    async (request) =>
      decideOne(context, request.params.id, decisionOf('reject', request.body, keyOf(request).name)),
  );
  app.post(
    '/v1/deals/approve',
    { schema: manyDeals('Approve many submitted deals', BulkApproval) },
    async (request) =>
      decideMany(context, request.body, decisionOf('approve', request.body, keyOf(request).name)),
  );
  app.post(
    '/v1/deals/reject',
    { schema: manyDeals('Reject many submitted deals', BulkRejection) },
    async (request) =>
      decideMany(context, request.body, decisionOf('reject', request.body, keyOf(request).name)),
  );
}

// The two keep the type of the body, which the handlers rely on.
function oneDeal<Body extends z.ZodType>(summary: string, body: Body) {
  return {
    summary,
    tags: ['decisions'],
    security: authenticated,
    params: z.object({ id: z.string() }),
    body,
    response: { 200: DealView, ...problemResponses(401, 404, 409, 422) },
  };
}

function manyDeals<Body extends z.ZodType>(summary: string, body: Body) {
  return {
    summary,
    description:
      'Each deal is decided by itself; one that cannot be decided is named and leaves the others alone.',
    tags: ['decisions'],
    security: authenticated,
    body,
    response: { 200: BulkAnswer, ...problemResponses(401, 422) },
  };
}

function decisionOf(
  decision: 'approve' | 'reject',
  body: { by?: string | undefined; reason?: string | undefined } | null | undefined,
  keyName: string,
): DecisionRequest {
  return {
    decision,
    by: body?.by ?? keyName,
    ...(body?.reason === undefined ? {} : { reason: body.reason }),
  };
}

async function decideOne(context: ApiContext, id: string, request: DecisionRequest): Promise<DealView> {
  const before = await findDeal(context.db, id);
  if (before === null) throw notFound('There is no such deal.');
  const [result] = await decideDeals(context.db, [before.id], request, context.deals);
  if (result?.outcome === 'refused') throw new Problem(409, 'illegal-transition', result.reason);
  const after = await findDeal(context.db, id);
  if (after === null) throw notFound('There is no such deal.');
  return viewDeal(after);
}

async function decideMany(
  context: ApiContext,
  selection: {
    ids?: string[] | undefined;
    filter?: { partner?: string | undefined; source?: string | undefined } | undefined;
  },
  request: DecisionRequest,
): Promise<z.infer<typeof BulkAnswer>> {
  const { partner, source } = selection.filter ?? {};
  const ids =
    selection.ids ??
    (await dealIds(context.db, {
      status: 'submitted',
      ...(partner && { partner }),
      ...(source && { source }),
    }));
  const results = await decideDeals(context.db, ids, request, context.deals);
  return { decided: results.length - refusedOf(results).length, refused: refusedOf(results) };
}

function refusedOf(results: readonly DecisionResult[]): z.infer<typeof BulkAnswer>['refused'] {
  return results.flatMap((result) =>
    result.outcome === 'refused' ? [{ id: result.id, name: result.name, reason: result.reason }] : [],
  );
}
