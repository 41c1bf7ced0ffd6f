import { z } from 'zod';
import { openClient } from '../../connectors/salesforce/client.ts';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { createAccessTokens } from '../../connectors/hubspot/auth.ts';
import { createCaller } from '../../connectors/hubspot/call.ts';
import { createHubspotClient } from '../../connectors/hubspot/client.ts';
import { HubspotCredentials, HubspotSettings } from '../../connectors/hubspot/config.ts';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { createCallLimits } from '../../connectors/hubspot/limits.ts';
import { objectBatchPath } from '../../connectors/hubspot/versions.ts';
import { Credentials, Settings } from '../../connectors/salesforce/settings.ts';
import { DATA_PATH } from '../../connectors/salesforce/versions.ts';
import type { Connector } from '../../src/crm/connector.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { RemoveRecords } from './story.ts';

export interface OpenedCrm {
  connector: Connector;
  remove: RemoveRecords;
}

const nothing = (): void => undefined;
const around = {
  connectionId: 'live-test',
  // A token that the CRM rotates is used for the rest of this run; the stored one is not touched.
  saveCredentials: () => Promise.resolve(),
  clock: systemClock,
  log: { debug: nothing, info: nothing, warn: nothing },
};
const within = (): { deadline: number } => ({ deadline: Date.now() + 60_000 });

/** One org through our own connector, and the one thing the connector cannot do on purpose: delete. */
export function openSalesforce(settings: unknown, credentials: unknown): OpenedCrm {
  const own = { settings: Settings.parse(settings), credentials: Credentials.parse(credentials) };
  const context = { ...around, ...own };
  const client = openClient(context);
  return {
    connector: salesforce.open(context),
    remove: async (records) => {
      const ids = records.map(({ id }) => id).join(',');
      const path = `${DATA_PATH}/composite/sobjects?ids=${ids}&allOrNone=false`;
      await client.send({ stage: 'push', write: true, method: 'DELETE', path }, within());
    },
  };
}

/** A portal likewise; people can restore what was archived there for 90 days. */
export function openHubspot(given: unknown, login: unknown): OpenedCrm {
  const settings = HubspotSettings.parse(given);
  const credentials = HubspotCredentials.parse(login);
  const context = { ...around, settings, credentials };
  const client = createHubspotClient(settings.baseUrl, settings.apiVersions);
  const limits = createCallLimits(undefined, settings, credentials);
  const call = createCaller({ client, tokens: createAccessTokens(client, context), limits });
  const site = { stage: 'push', write: true } as const;
  return {
    connector: hubspot.open(context),
    remove: async (records) => {
      for (const { object, id } of records) {
        const path = objectBatchPath(object, 'archive');
        await call(site, { method: 'POST', path, body: { inputs: [{ id }] } }, z.unknown(), within());
      }
    },
  };
}
