import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import { DEAL } from '../portal/object-types.ts';
import type { Author } from '../records/author.ts';
import type { Sandbox } from '../sandbox.ts';

/** Body of `POST /salesforce-sync` on the admin port. */
export const salesforceSyncSchema = z.object({ id: z.string(), opportunityId: z.string() });

/** As histories and webhooks name the integration; unconfirmed. */
const AUTHOR: Author = {
  origin: 'automation',
  client: '',
  requestId: '',
  sourceType: 'SALESFORCE',
  sourceId: 'salesforce-integration',
};

/** HubSpot's own integration links a deal with an opportunity. */
export function linkWithSalesforce(
  { settings, ledger, clock }: Sandbox,
  { id, opportunityId }: z.infer<typeof salesforceSyncSchema>,
): { ok: true } {
  if (settings.salesforceSync === 'off') throw new AdminError(400, 'the integration is not installed');
  const deal = ledger.stores[DEAL.id].live(id);
  if (deal === undefined) throw new AdminError(404, `no deal ${id}`);
  const values = {
    [settings.salesforceSync]: opportunityId,
    hs_salesforce_last_sync_time: clock.now().toISOString(),
  };
  ledger.commitRecords(AUTHOR, [{ op: 'update', type: DEAL.id, id: deal.id, values }]);
  return { ok: true };
}
