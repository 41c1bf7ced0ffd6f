import type { BulkTarget } from '../../../src/crm/bulk.ts';
import type { LinkWanted, RecordWrite } from '../../../src/crm/connector.ts';
import type { Settings } from '../settings.ts';

const target: BulkTarget = { object: 'OpportunityContactRole', operation: 'insert', stage: 'link' };

/**
 * The customer's contact of deals that were created just now, and so have no role yet: for any other the set would have
 * to be read first. Deals with further tags hang several kinds of records on, which are read and written together.
 */
export function contactRoles(
  settings: Settings,
  links: readonly LinkWanted[],
): { target: BulkTarget; records: readonly RecordWrite[] } | null {
  if (links.some((link) => !link.fresh || link.tags !== undefined)) return null;
  const records = links.flatMap(({ key, dealId, contactId }): RecordWrite[] =>
    contactId === undefined
      ? []
      : [
          {
            key,
            fields: {
              OpportunityId: dealId,
              ContactId: contactId,
              IsPrimary: true,
              ...(settings.contactRole === undefined ? {} : { Role: settings.contactRole }),
            },
          },
        ],
  );
  return { target, records };
}
