import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { FieldValue } from '../crm/connector.ts';
import { SyncError } from '../crm/sync-error.ts';
import type { Decided } from '../ownership/decide-proposal.ts';
import { listProposals, ProposalView } from '../ownership/list-proposals.ts';
import { authenticated } from './authenticate.ts';
import { notFound, Problem, problemResponses } from './problem.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';

export interface ProposalsPort {
  accept(id: string, by: string, held?: FieldValue): Promise<Decided | null>;
  decline(id: string, by: string, note: string | null): Promise<Decided | null>;
  /** As for the page: only local sandboxes, only this machine. */
  open: boolean;
}

const Query = z.object({
  connection: z.string().min(1).max(100).optional(),
  deal: z.uuid().optional(),
  all: z.stringbool().default(false).describe('also those that were decided or superseded'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Params = z.object({ id: z.string().regex(/^\d{1,18}$/, 'is not the id of a proposal') });
const by = z.string().trim().min(1).max(200).optional();
const Accept = z
  .strictObject({
    by,
    held: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional().describe('what you were shown'),
  })
  .nullish();
const Decline = z.strictObject({ by, note: z.string().trim().max(500).nullish() }).nullish();
const DecidedView = z.object({
  outcome: z.enum(['accepted', 'declined', 'refreshed', 'refused']),
  say: z.string(),
  held: z.unknown().optional(),
});

/** What partners changed after the field became the sales team's: a person accepts or declines it. */
export function proposalRoutes(port: ProposalsPort): RouteGroup {
  return async (scope: FastifyInstance, context: ApiContext) => {
    const app = scope.withTypeProvider<ZodTypeProvider>();
    if (!port.open) app.addHook('onRequest', context.authenticate);
    app.get(
      '/v1/proposals',
      {
        schema: {
          summary: "Partners' edits of fields that are the sales team's by now, newest first",
          tags: ['fields'],
          security: authenticated,
          querystring: Query,
          response: { 200: z.object({ proposals: z.array(ProposalView) }), ...problemResponses(401, 422) },
        },
      },
      async ({ query: { connection, deal, all, limit } }) => ({
        proposals: await listProposals(context.db, { connectionId: connection, dealId: deal, all, limit }),
      }),
    );
    app.post(
      '/v1/proposals/:id/accept',
      {
        schema: {
          summary: 'Write the proposed value',
          description:
            'Written once, and only over the value that was shown. Where the CRM holds another one by now, the answer is 409 and the proposal shows the new one.',
          tags: ['fields'],
          security: authenticated,
          params: Params,
          body: Accept,
          response: { 200: DecidedView, ...problemResponses(401, 404, 409, 422) },
        },
      },
      async (request) => {
        const { by: name = nameOf(request), held } = request.body ?? {};
        return answer(await orUnavailable(port.accept(request.params.id, name, held)), request.params.id);
      },
    );
    app.post(
      '/v1/proposals/:id/decline',
      {
        schema: {
          summary: 'Leave the field as it is',
          description: 'The same edit is not proposed again; another one is.',
          tags: ['fields'],
          security: authenticated,
          params: Params,
          body: Decline,
          response: { 200: DecidedView, ...problemResponses(401, 404, 409, 422) },
        },
      },
      async (request) => {
        const { by: name = nameOf(request), note } = request.body ?? {};
        return answer(await port.decline(request.params.id, name, note ?? null), request.params.id);
      },
    );
  };
}

function nameOf(request: FastifyRequest): string {
  return request.apiKey?.name ?? 'the page';
}

function answer(decided: Decided | null, id: string): Decided {
  if (decided === null) throw notFound(`There is no proposal ${id}.`);
  if (decided.outcome === 'refreshed' || decided.outcome === 'refused')
    throw new Problem(409, 'conflict', decided.say);
  return decided;
}

/** The CRM cannot be asked: the proposal stays open, and accepting it later is safe. */
async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SyncError) throw new Problem(503, 'unavailable', error.message);
    throw error;
  }
}
