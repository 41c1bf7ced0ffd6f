import type { Connector, ConnectorContext } from '../../src/crm/connector.ts';
import { createAccessTokens } from './auth.ts';
import { createCaller } from './call.ts';
import { checkLogin } from './check-login.ts';
import { createHubspotClient } from './client.ts';
import type { HubspotCredentials, HubspotSettings } from './config.ts';
import { listenIfChosen } from './journal/listen-if-chosen.ts';
import { scopeReader } from './granted-scopes.ts';
import { createCallLimits } from './limits.ts';
import { findConflicts } from './conflicts.ts';
import { deletions } from './deletions.ts';
import { describe, identify, vendorNow } from './describe.ts';
import { readLineItems } from './line-items.ts';
import { link } from './link.ts';
import { findMatches, lookupByKey } from './match.ts';
import { readOwners } from './owners.ts';
import { developerOf } from './developer-call.ts';
import { inspect } from './provision/inspect.ts';
import { whySilent } from './provision/why-silent.ts';
import { poll, readDeals } from './pull.ts';
import { pushWithCompanies } from './push-companies.ts';
import { readRecords } from './read-records.ts';
import { readReferences } from './read-references.ts';
import { removalOf } from './removal.ts';
import { createStageCatalogue } from './stages.ts';
import { resolveNames } from './tag/names.ts';
import { createPartnerLabel } from './tag/partner-label.ts';
import { findUnregistered } from './unregistered.ts';
import { openUsage } from './usage.ts';

/** Opens a connection; nothing is called before it is asked for something. */
export function openHubspot(context: ConnectorContext<HubspotSettings, HubspotCredentials>): Connector {
  const client = createHubspotClient(context.settings.baseUrl, context.settings.apiVersions);
  const { settings, credentials } = context;
  const limits = createCallLimits(context.turns, settings, credentials);
  const usage = openUsage(context.clock);
  const tokens = createAccessTokens(client, context);
  const scopes = scopeReader(client, context, tokens);
  const call = createCaller({ client, tokens, limits, usage, scopes });
  const stages = createStageCatalogue(call, context);
  const labelOf = createPartnerLabel(call, context);
  const companies = { call, labelOf };

  return {
    identify: (options) => identify(call, context.settings, context.credentials, options),
    describe: (object, options) => describe(companies, object, options, settings.salesforceSync),
    stages: (options) => stages.list(options),
    vendorNow: (options) => vendorNow(call, options),
    findMatches: (request, options) => findMatches(call, request, options),
    readReferences: (request, options) => readReferences(call, request, options),
    lookupByKey: (object, keyField, keys, options) => lookupByKey(call, object, keyField, keys, options),
    push: (request, options) => pushWithCompanies(companies, request, options),
    link: (links, options) => link({ call, clock: context.clock, labelOf }, links, options),
    resolveNames: (wanted, options) => resolveNames(call, labelOf, wanted, options),
    readDeals: (object, crmIds, fields, options) =>
      readDeals(companies, stages, object, crmIds, fields, options),
    readRecords: (object, crmIds, fields, options) => readRecords(companies, object, crmIds, fields, options),
    readOwners: (wanted, options) => readOwners(call, wanted, options),
    readLineItems: (dealIds, withCurrency, options) => readLineItems(call, dealIds, withCurrency, options),
    findConflicts: (object, keyField, wanted, options) =>
      findConflicts(call, stages, object, keyField, wanted, options),
    findUnregistered: (wanted, options) => findUnregistered(call, stages, wanted, options),
    removal: removalOf(call, stages, settings),
    usage: () => usage.latest(),
    deletions: (object, window, options) => deletions(call, object, window, options),
    poll: (object, keyField, window, options) => poll(call, object, keyField, window, options),
    ...listenIfChosen(context, { client, limits, usage, call }),
    checkLogin: (options) => checkLogin(call, options),
    inspect: (needs, options) =>
      inspect(
        {
          call,
          developer: developerOf(client, options.webhooks),
          settings,
          silent: whySilent(context),
        },
        needs,
        options,
      ),
    close: () => Promise.resolve(client.close()),
  };
}
