import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import { authorization } from './authorize.ts';
import { capabilities, capabilitiesOf } from './capabilities.ts';
import { HubspotCredentials, HubspotSettings } from './config.ts';
import { webhook } from './listen.ts';
import { openHubspot } from './open.ts';
import { provisioning } from './provision/provisioner.ts';
import { recordUrl } from './record-url.ts';

export const hubspot: ConnectorDefinition<HubspotSettings, HubspotCredentials> = {
  vendor: 'hubspot',
  label: 'HubSpot',
  capabilities,
  capabilitiesOf,
  settings: HubspotSettings,
  credentials: HubspotCredentials,
  open: openHubspot,
  authorization,
  webhook,
  listens: ({ notifications }) => notifications !== 'webhook',
  provisioning,
  recordUrl,
};
