import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PeriodName, type Period } from '../ledger/statement/period.ts';
import { statementFormats, writeStatement } from '../ledger/statement/write-statement.ts';
import { PartnerKey } from '../partners/partner.ts';
import { authenticated } from './authenticate.ts';
import { invalid, notFound, problemResponses } from './problem.ts';
import type { ApiContext } from './route-group.ts';

const Params = z.object({ key: PartnerKey, period: z.string().max(20).describe('2026-06, 2026-Q2 or 2026') });
const Query = z.strictObject({ format: z.enum(statementFormats).default('json') });

const contentTypes = {
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
};

/** What a partner earned and was paid in a period, for the PRM to show. */
export async function statementRoutes(scope: FastifyInstance, context: ApiContext): Promise<void> {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  app.addHook('onRequest', context.authenticate);

  app.get(
    '/v1/partners/:key/statements/:period',
    {
      schema: {
        summary: 'The statement of a partner for a month (2026-06), quarter (2026-Q2) or year (2026)',
        description:
          'Sums and lines are of one moment and equal the ledger. As JSON, CSV (text that a spreadsheet would run as a formula is made harmless) or a printable page.',
        tags: ['partners'],
        security: authenticated,
        params: Params,
        querystring: Query,
        response: problemResponses(400, 401, 404, 422),
      },
    },
    async (request, reply) => {
      const partner = request.params.key;
      const period = readPeriod(request.params.period);
      const { format } = request.query;
      const body = await startStatement(context, { partner, period, format });
      if (body === null) throw notFound(`There is no partner "${partner}".`);
      return reply
        .type(contentTypes[format])
        .header('content-disposition', `inline; filename="statement-${period.name}.${format}"`)
        .header(
          'content-security-policy',
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        .header('cache-control', 'no-store')
        .send(body);
    },
  );
}

function readPeriod(name: string): Period {
  const read = PeriodName.safeParse(name);
  if (read.success) return read.data;
  throw invalid([{ pointer: '/period', detail: read.error.issues[0]?.message ?? 'This is no period.' }]);
}

/** Resolves when the first piece is there, so that what cannot be read at all is still answered as a problem. */
function startStatement(
  context: ApiContext,
  wanted: Parameters<typeof writeStatement>[1],
): Promise<PassThrough | null> {
  return new Promise((resolve, reject) => {
    const body = new PassThrough();
    writeStatement(context, wanted, async (text) => {
      const isFull = !body.write(text);
      resolve(body);
      if (isFull) await Promise.race([once(body, 'drain'), once(body, 'close')]);
      if (body.destroyed) throw new Error('the reader of a statement went away');
    }).then(
      (isThere) => {
        body.end();
        resolve(isThere ? body : null);
      },
      (error: unknown) => {
        body.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
