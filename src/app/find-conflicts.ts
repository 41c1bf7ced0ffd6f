import { SyncError } from '../crm/sync-error.ts';
import type { ConflictsWanted } from '../crm/conflicts.ts';
import type { CrmConflicts, FindConflicts } from '../deals/conflicts.ts';
import { findDeal } from '../deals/read-deals.ts';
import type { Deal } from '../deals/deal.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { companyDomain, mailDomain } from '../mirror/reference-keys.ts';
import { listConnections } from './connection-store.ts';
import type { Application } from './open-application.ts';

/** Asks every CRM at the moment of deciding. A CRM that cannot be asked is named, and stops nothing. */
export function findConflicts(app: Pick<Application, 'db' | 'wiring'>): FindConflicts {
  return async (dealId) => {
    const deal = await findDeal(app.db, dealId);
    if (deal === null) return [];
    const connections = await listConnections(app.db);
    return Promise.all(connections.map(({ id }) => askOne(app, id, deal)));
  };
}

async function askOne(app: Pick<Application, 'wiring'>, id: string, deal: Deal): Promise<CrmConflicts> {
  try {
    const { connector, mapping } = await app.wiring.inspect(id);
    if (!connector.findConflicts)
      return { connection: id, records: [], notAsked: 'this CRM offers no such look' };
    const { object, keyField } = mapping.deal;
    const deadline = Date.now() + callTimeoutMs;
    const found = await connector.findConflicts(object, keyField, wantedOf(deal), { deadline });
    return { connection: id, records: found.filter((one) => one.registration !== deal.id), notAsked: null };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { connection: id, records: [], notAsked: error.details.plain };
  }
}

function wantedOf(deal: Deal): ConflictsWanted {
  const domain = companyDomain(deal.company_domain) ?? mailDomain(deal.contact_email);
  return {
    company: deal.company_name,
    ...(domain === null ? {} : { domain }),
    ...(deal.contact_email === null ? {} : { email: deal.contact_email }),
  };
}
