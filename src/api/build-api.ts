import swagger from '@fastify/swagger';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import type { Logger } from '../platform/logging.ts';
import { defaultDealRules } from '../deals/ports.ts';
import type { ChooseRecord, DealOutputs, DealRules } from '../deals/ports.ts';
import type { PartnerLinks } from '../partners/partner-links.ts';
import { answerErrorsAsProblems } from './answer-errors.ts';
import { authenticateWith } from './authenticate.ts';
import type { ApiKey } from './authenticate.ts';
import { cardRoutes } from './card-routes.ts';
import { commissionRoutes } from './commission-routes.ts';
import { dealRoutes } from './deal-routes.ts';
import { decisionRoutes } from './decision-routes.ts';
import { differenceRoutes } from './difference-routes.ts';
import { intakeRoutes } from './intake-routes.ts';
import { partnerRoutes } from './partner-routes.ts';
import { payoutRoutes } from './payout-routes.ts';
import { prmWebhookRoutes } from './prm-webhook-routes.ts';
import { checkAgainstSchema, readJsonBodies } from './read-requests.ts';
import type { ApiContext, RouteGroup } from './route-group.ts';
import { statementRoutes } from './statement-routes.ts';

export interface ApiOptions {
  db: Database;
  clock: Clock;
  logger: Logger;
  apiKeys: readonly ApiKey[];
  /** Standard Webhooks secrets (`whsec_…`) by source; several while one is being replaced. */
  prmWebhookSecrets: Readonly<Record<string, readonly string[]>>;
  outputs: DealOutputs;
  chooseRecord: ChooseRecord;
  links: PartnerLinks;
  rules?: DealRules;
  /** Route groups of other parts, added behind ours. */
  routeGroups?: readonly RouteGroup[];
}

const BODY_LIMIT = 1024 * 1024;

/** The HTTP side, ready to `listen` or `inject`. Needs nothing running until the first request. */
export function buildApi(options: ApiOptions): FastifyInstance {
  const app = fastify({ bodyLimit: BODY_LIMIT, routerOptions: { maxParamLength: 255 } });
  app.setValidatorCompiler(checkAgainstSchema);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('apiKey', null);
  readJsonBodies(app);
  answerErrorsAsProblems(app, options.logger);
  describeAsOpenApi(app);
  const context = contextOf(options);
  const groups = [
    dealRoutes,
    decisionRoutes,
    partnerRoutes,
    cardRoutes,
    intakeRoutes,
    prmWebhookRoutes,
    commissionRoutes,
    payoutRoutes,
    differenceRoutes,
    statementRoutes,
  ];
  for (const group of [...groups, ...(options.routeGroups ?? [])]) {
    void app.register((scope) => group(scope, context));
  }
  return app;
}

function contextOf(options: ApiOptions): ApiContext {
  const { db, clock, logger, links, prmWebhookSecrets, outputs, chooseRecord } = options;
  return {
    db,
    clock,
    logger,
    links,
    prmWebhookSecrets,
    deals: { clock, outputs, chooseRecord, rules: options.rules ?? defaultDealRules },
    authenticate: authenticateWith(options.apiKeys),
  };
}

function describeAsOpenApi(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tributary',
        version: '1',
        description:
          'Partner deals into the CRM, closed-won back out. Refusals are RFC 9457 problem documents.',
      },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  app.after(() => {
    app.get('/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
}
