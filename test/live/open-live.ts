import { openClient } from '../../connectors/salesforce/client.ts';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { Credentials, Settings } from '../../connectors/salesforce/settings.ts';
import { DATA_PATH } from '../../connectors/salesforce/versions.ts';
import type { Connector } from '../../src/crm/connector.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { RemoveRecords } from './story.ts';

export interface OpenedOrg {
  connector: Connector;
  remove: RemoveRecords;
}

/** One org through our own connector, and the one thing the connector cannot do on purpose: delete. */
export function openLive(settings: unknown, credentials: unknown): OpenedOrg {
  const nothing = (): void => undefined;
  const context = {
    connectionId: 'live-test',
    settings: Settings.parse(settings),
    credentials: Credentials.parse(credentials),
    // A token that the org rotates is used for the rest of this run; the stored one is not touched.
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: nothing, info: nothing, warn: nothing },
  };
  const client = openClient(context);
  return {
    connector: salesforce.open(context),
    remove: async (ids) => {
      const path = `${DATA_PATH}/composite/sobjects?ids=${ids.join(',')}&allOrNone=false`;
      await client.send(
        { stage: 'push', write: true, method: 'DELETE', path },
        { deadline: Date.now() + 60_000 },
      );
    },
  };
}
