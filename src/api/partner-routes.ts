import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { dealsOfPartnerChanged } from '../deals/partner-changed.ts';
import { PartnerChange, PartnerKey, PartnerView } from '../partners/partner.ts';
import { findPartner, listPartners } from '../partners/read-partners.ts';
import { savePartner } from '../partners/save-partner.ts';
import { authenticated, keyOf } from './authenticate.ts';
import { notFound, problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const PartnerParams = z.object({ key: PartnerKey });
const LinkParams = z.object({ key: PartnerKey, connection: z.string().min(1).max(100) });
const LinkBody = z.strictObject({
  crmId: z.string().min(1).max(100),
  by: z.string().trim().min(1).max(200).optional(),
});
const Candidates = z.object({
  candidates: z.array(z.object({ crmId: z.string(), name: z.string(), because: z.string() })),
});

/** Partners, and which CRM account each one is. */
export async function partnerRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);
  const today = (): string => context.clock.now().toISOString().slice(0, 10);

  app.get(
    '/v1/partners',
    {
      schema: {
        summary: 'All partners',
        tags: ['partners'],
        security: authenticated,
        response: { 200: z.object({ partners: z.array(PartnerView) }), ...problemResponses(401) },
      },
    },
    async () => ({ partners: await listPartners(context.db, today()) }),
  );

  app.get(
    '/v1/partners/:key',
    {
      schema: {
        summary: 'One partner',
        tags: ['partners'],
        security: authenticated,
        params: PartnerParams,
        response: { 200: PartnerView, ...problemResponses(401, 404) },
      },
    },
    async (request) => readPartner(context, request.params.key, today()),
  );

  app.put(
    '/v1/partners/:key',
    {
      schema: {
        summary: 'Create a partner or bring it up to date',
        description:
          'A new tier is added to the history from `tierFrom` on; a day that has begun keeps its tier.',
        tags: ['partners'],
        security: authenticated,
        params: PartnerParams,
        body: PartnerChange,
        response: { 200: PartnerView, 201: PartnerView, ...problemResponses(401, 409, 422) },
      },
    },
    async (request, reply) => {
      const { key } = request.params;
      const actor = keyOf(request).name;
      const saved = await context.db.transaction((tx) =>
        savePartner(tx, key, request.body, {
          clock: context.clock,
          outputs: {
            partnerChanged: async (sql, id, changes) => {
              await dealsOfPartnerChanged(sql, id, changes, actor, context.deals);
            },
          },
        }),
      );
      return reply.code(saved.created ? 201 : 200).send(await readPartner(context, key, today()));
    },
  );

  app.get(
    '/v1/partners/:key/links/:connection/candidates',
    {
      schema: {
        summary: 'CRM accounts that could be this partner',
        tags: ['partners'],
        security: authenticated,
        params: LinkParams,
        response: { 200: Candidates, ...problemResponses(401, 404) },
      },
    },
    async (request) => ({
      candidates: [...(await context.links.candidates(request.params.key, request.params.connection))],
    }),
  );

  app.put(
    '/v1/partners/:key/links/:connection',
    {
      schema: {
        summary: 'Confirm which CRM account this partner is',
        tags: ['partners'],
        security: authenticated,
        params: LinkParams,
        body: LinkBody,
        response: { 204: z.undefined().describe('confirmed'), ...problemResponses(401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { key, connection } = request.params;
      await context.links.confirm(
        key,
        connection,
        request.body.crmId,
        request.body.by ?? keyOf(request).name,
      );
      return reply.code(204).send(undefined);
    },
  );
}

async function readPartner(context: ApiContext, key: string, day: string): Promise<PartnerView> {
  const partner = await findPartner(context.db, key, day);
  if (partner === null) throw notFound(`No partner has the key "${key}".`);
  return partner;
}
