import { COMPANY, CONTACT, DEAL, type TypeId } from './object-types.ts';
import { putProperty, type Portal } from './portal.ts';
import { defaultGroup } from './property-catalogue.ts';
import { defineProperty, type PropertySpec } from './property.ts';

/** What the integration adds to a portal, besides the deal's opportunity id. */
const ROWS: readonly [TypeId, PropertySpec][] = [
  [CONTACT.id, { name: 'salesforceleadid', type: 'string', label: 'Salesforce Lead ID' }],
  [CONTACT.id, { name: 'salesforcecontactid', type: 'string', label: 'Salesforce Contact ID' }],
  [CONTACT.id, { name: 'salesforceaccountid', type: 'string', label: 'Salesforce Account ID' }],
  [COMPANY.id, { name: 'salesforceaccountid', type: 'string', label: 'Salesforce Account ID' }],
  [DEAL.id, { name: 'hs_salesforce_last_sync_time', type: 'datetime', label: 'Salesforce last sync' }],
];

/**
 * Adds the properties of HubSpot's own Salesforce integration. Nobody but the integration writes them.
 * No recording of a portal with it was found: the names are those third parties use.
 */
export function installSalesforceSync(portal: Portal, opportunityId: string, at: string): void {
  const deal: PropertySpec = { name: opportunityId, type: 'string', label: 'Salesforce Opportunity ID' };
  for (const [type, spec] of [...ROWS, [DEAL.id, deal] as const]) {
    const own = { hubspotDefined: true, readOnly: true, groupName: defaultGroup(type) };
    putProperty(portal, type, defineProperty({ ...spec, ...own }, at));
  }
}
