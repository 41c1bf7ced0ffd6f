import type { HubspotCredentials, HubspotSettings } from '../../connectors/hubspot/config.ts';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { apiAreas } from '../../connectors/hubspot/versions.ts';
import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { ApiVersion } from './needed-apis.ts';
import type { Portal } from './portal.ts';

/** What a connector to the portal is opened with, its calls all of one version. */
export function contextOf(
  portal: Portal,
  version: ApiVersion,
  credentials: HubspotCredentials,
  more: Partial<HubspotSettings> = {},
): ConnectorContext<HubspotSettings, HubspotCredentials> {
  const settings = {
    ...{ baseUrl: portal.url, sandbox: true, appId: String(portal.sandbox.credentials.appId) },
    apiVersions: Object.fromEntries(apiAreas.map((area) => [area, version])),
    oauthVersion: version,
    ...more,
  };
  return {
    connectionId: 'spec-check',
    settings: hubspot.settings.parse(settings),
    credentials,
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  };
}

export const soon = (): CallOptions => ({ deadline: Date.now() + 60_000 });
