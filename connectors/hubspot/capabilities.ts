import { PARTNER_COMPANY, PRIMARY_COMPANY } from './company-fields.ts';
import type { Capabilities } from '../../src/crm/connector.ts';
import type { HubspotSettings } from './config.ts';

/**
 * HubSpot's limits: 100 inputs a batch; 50 a read once `propertiesWithHistory` is asked for; 2,000 associations a call,
 * of which a deal needs up to two of one kind. 500 deals at once leave half of that and keep what one lost answer
 * concerns within bounds.
 */
export const capabilities: Capabilities = capabilitiesOf({ recordsPerCall: 100 });

/** With smaller writes a lost answer concerns fewer deals, and so do the associations that follow. */
export function capabilitiesOf({ recordsPerCall }: Pick<HubspotSettings, 'recordsPerCall'>): Capabilities {
  return {
    writeBatch: recordsPerCall,
    readBatch: 50,
    matchBatch: 100,
    linkBatch: 5 * recordsPerCall,
    notifications: 'webhook',
    contactKey: 'email',
    unsearchable: [PRIMARY_COMPANY, PARTNER_COMPANY],
  };
}
