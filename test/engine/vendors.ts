import type { EngineCrm } from './engine-crm.ts';
import { openHubspotEngine } from './hubspot-engine.ts';
import { openSalesforceEngine } from './salesforce-engine.ts';

/** For `describe.each`: what the engine does for one CRM it does for every one. */
export const vendors: readonly { vendor: string; open: () => Promise<EngineCrm> }[] = [
  { vendor: 'salesforce', open: openSalesforceEngine },
  { vendor: 'hubspot', open: () => openHubspotEngine() },
];
