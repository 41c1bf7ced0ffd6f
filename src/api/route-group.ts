import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import type { Logger } from '../platform/logging.ts';
import type { DealContext } from '../deals/ports.ts';
import type { PartnerLinks } from '../partners/partner-links.ts';

export interface ApiContext {
  db: Database;
  clock: Clock;
  logger: Logger;
  deals: DealContext;
  links: PartnerLinks;
  prmWebhookSecrets: Readonly<Record<string, readonly string[]>>;
  /** onRequest hook for routes that need an API key. */
  authenticate(request: FastifyRequest): Promise<void>;
}

/**
 * Some routes with what they share. Each group is a scope of its own (hooks and body parsers stay inside it), with
 * the app's problem documents and schema checks. A group without a hook on `context.authenticate` is public.
 */
export type RouteGroup = (app: FastifyInstance, context: ApiContext) => Promise<void>;
