import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import { authorization } from './authorize.ts';
import { capabilities } from './capabilities.ts';
import { openConnector } from './connector.ts';
import { provisioning } from './provision/provisioner.ts';
import { recordUrl } from './record-url.ts';
import { Credentials, Settings } from './settings.ts';

/** Salesforce, through its REST and Pub/Sub APIs. */
export const salesforce: ConnectorDefinition<Settings, Credentials> = {
  vendor: 'salesforce',
  label: 'Salesforce',
  capabilities,
  settings: Settings,
  credentials: Credentials,
  open: openConnector,
  authorization,
  provisioning,
  recordUrl,
};
