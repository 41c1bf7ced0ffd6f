import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { problemResponses } from './problem.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';

const consoleFolder = fileURLToPath(new URL('../../console/', import.meta.url));

export interface ConsolePort {
  /** What the page shows, JSON; of one deal only when its id is given. */
  overview(dealId?: string): Promise<unknown>;
  /** Only local sandboxes are connected and only this machine can call: the page needs no key. */
  open: boolean;
}

/** The page at `/` and what it reads. With a real CRM connected the data needs an API key; the page asks for it. */
export function consoleRoutes(port: ConsolePort): RouteGroup {
  return async (app: FastifyInstance, context: ApiContext) => {
    const pages = {
      '/': ['index.html', 'text/html'],
      // The link that the CRM's records carry to their registration.
      '/deals/:id': ['index.html', 'text/html'],
      '/console.js': ['console.js', 'text/javascript'],
      '/console.css': ['console.css', 'text/css'],
    };
    for (const [route, [file, type]] of Object.entries(pages)) {
      app.get(route, { schema: { hide: true } }, async (_request, reply) =>
        reply
          .header('content-security-policy', "default-src 'self'; frame-ancestors 'none'; base-uri 'none'")
          .type(`${type ?? 'text/plain'}; charset=utf-8`)
          .send(await readFile(`${consoleFolder}${file ?? ''}`)),
      );
    }
    app.get(
      '/v1/overview',
      {
        ...(port.open ? {} : { onRequest: (request) => context.authenticate(request) }),
        schema: {
          summary: 'Is everything flowing, and what waits',
          tags: ['operation'],
          querystring: z.object({ deal: z.uuid('is not a deal id').optional() }),
          response: problemResponses(400, 401),
        },
      },
      async (request, reply) => reply.send(await port.overview((request.query as { deal?: string }).deal)),
    );
    app.get('/healthz', { schema: { hide: true } }, async (_request, reply) => {
      await context.db.query('SELECT 1');
      return reply.send({ ok: true });
    });
  };
}
