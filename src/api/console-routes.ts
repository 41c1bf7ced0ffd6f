import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { problemResponses } from './problem.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';

const consoleFolder = fileURLToPath(new URL('../../console/', import.meta.url));

export interface ConsolePort {
  /** What the page shows, JSON. */
  overview(): Promise<unknown>;
  /** Only local sandboxes are connected and only this machine can call: the page needs no key. */
  open: boolean;
}

/** The page at `/` and what it reads. With a real CRM connected the data needs an API key; the page asks for it. */
export function consoleRoutes(port: ConsolePort): RouteGroup {
  return async (app: FastifyInstance, context: ApiContext) => {
    const pages = {
      '/': ['index.html', 'text/html'],
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
          response: problemResponses(401),
        },
      },
      async (_request, reply) => reply.send(await port.overview()),
    );
    app.get('/healthz', { schema: { hide: true } }, async (_request, reply) => {
      await context.db.query('SELECT 1');
      return reply.send({ ok: true });
    });
  };
}
