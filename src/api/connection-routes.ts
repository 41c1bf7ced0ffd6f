import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { authenticated } from './authenticate.ts';
import { callbackHeaders, callbackPage } from './callback-page.ts';
import { Problem, problemResponses } from './problem.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';

const ConnectionView = z.object({
  id: z.string(),
  vendor: z.string(),
  label: z.string(),
  mode: z.enum(['shadow', 'live']),
  sandbox: z.boolean(),
  accountId: z.string().nullable().describe('the org or portal it is pinned to'),
  state: z.enum(['ready', 'paused', 'login-refused']),
  pausedUntil: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  connectable: z.boolean().describe('a person can log in with a browser'),
  limits: z.string().nullable().describe('what the CRM allows and what is left of it, as far as it says'),
});
export type ConnectionView = z.infer<typeof ConnectionView>;

export interface ConnectionsPort {
  list(): Promise<ConnectionView[]>;
  begin(
    connectionId: string,
  ): Promise<{ url: string; redirectUri: string; expiresAt: Date } | { refused: string }>;
  /** A person comes back from the vendor. */
  finish(
    vendor: string,
    callback: { state?: string; code?: string; error?: string; error_description?: string },
  ): Promise<{ connection: string; accountId: string } | { refused: string }>;
  /** As for the page: only local sandboxes, only this machine. */
  open: boolean;
}

/** Which CRMs are connected, and the two halves of connecting one by logging in with a browser. */
export function connectionRoutes(port: ConnectionsPort): RouteGroup {
  return async (scope: FastifyInstance, context: ApiContext) => {
    const app = scope.withTypeProvider<ZodTypeProvider>();
    const guarded = port.open ? {} : { onRequest: context.authenticate };

    app.get(
      '/v1/connections',
      {
        ...guarded,
        schema: {
          summary: 'The CRMs, whether each is connected, and why not',
          tags: ['connections'],
          security: authenticated,
          response: { 200: z.object({ connections: z.array(ConnectionView) }), ...problemResponses(401) },
        },
      },
      async () => ({ connections: await port.list() }),
    );

    app.post(
      '/v1/connections/:id/authorization',
      {
        ...guarded,
        schema: {
          summary: 'Begin a login to a CRM with a browser',
          description:
            'Open the address within ten minutes; it serves once. Its redirectUri has to be registered in the app. ' +
            'For connecting and for connecting again; another org than the one of before is refused.',
          tags: ['connections'],
          security: authenticated,
          params: z.object({ id: z.string().min(1).max(100) }),
          response: {
            201: z.object({ url: z.string(), redirectUri: z.string(), expiresAt: z.iso.datetime() }),
            ...problemResponses(401, 409),
          },
        },
      },
      async (request, reply) => {
        const begun = await port.begin(request.params.id);
        if ('refused' in begun) throw new Problem(409, 'conflict', begun.refused);
        return reply.code(201).send({ ...begun, expiresAt: begun.expiresAt.toISOString() });
      },
    );

    const Text = z.string().max(4000).optional();
    scope.get(
      '/oauth/:vendor/callback',
      {
        schema: {
          hide: true,
          params: z.object({ vendor: z.string().max(40) }),
          querystring: z.object({ state: Text, code: Text, error: Text, error_description: Text }),
        },
      },
      async (request, reply) => {
        const { vendor } = request.params as { vendor: string };
        const done = await port.finish(vendor, request.query as Record<string, string>);
        const page =
          'refused' in done
            ? callbackPage('Not connected', done.refused)
            : callbackPage(
                'Connected',
                `${done.connection} is connected to ${done.accountId}. You can close this window.`,
              );
        return reply
          .code('refused' in done ? 400 : 200)
          .headers(callbackHeaders)
          .send(page);
      },
    );
  };
}
