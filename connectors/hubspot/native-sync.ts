import type { NativeSync } from '../../src/crm/connector.ts';
import type { Property } from './schema.ts';

/** auto: by its properties. on, off: an administrator of the portal knows better. */
export const salesforceSyncs = ['auto', 'on', 'off'] as const;
export type SalesforceSync = (typeof salesforceSyncs)[number];

/**
 * Properties of deals that HubSpot's own Salesforce integration adds, by the names that third parties use. No recording of
 * a portal with it was found, so that the setting can say it outright.
 */
const MARKS = new Set(['hs_salesforceopportunityid', 'salesforceopportunityid']);

/** Null: nothing says that HubSpot itself copies deals to Salesforce and back. */
export function nativeSyncOf(
  object: string,
  properties: readonly Pick<Property, 'name'>[],
  said: SalesforceSync,
): NativeSync | null {
  if (said === 'off' || (object !== 'deals' && object !== '0-3')) return null;
  if (said === 'on') return { with: 'salesforce', evidence: 'HUBSPOT_SALESFORCE_SYNC=on says so' };
  const mark = properties.find(({ name }) => MARKS.has(name));
  if (mark === undefined) return null;
  return { with: 'salesforce', evidence: `deals have its property ${mark.name}` };
}
