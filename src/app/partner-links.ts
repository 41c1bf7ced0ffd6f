import { LinkRefused, type PartnerCandidate, type PartnerLinks } from '../partners/partner-links.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { searchPartnerAccounts } from '../mirror/partner-candidates.ts';
import { confirmPartnerLink, storeCandidates } from '../mirror/partner-links.ts';
import { loadConnection } from './connection-store.ts';
import type { Application } from './open-application.ts';

/** Candidates come from the CRM itself at the moment of asking; confirming is a person's word, checked for existence only. */
export function partnerLinks(app: Application): PartnerLinks {
  return {
    candidates: async (partnerKey, connectionId) => {
      const partner = await requirePartner(app, partnerKey);
      await requireConnection(app, connectionId);
      const connection = await app.wiring.open(connectionId);
      const found = await searchPartnerAccounts(connection, [partner], Date.now() + callTimeoutMs);
      await storeCandidates(app.db, connectionId, found, app.clock.now());
      return (found.get(partner.id) ?? []).map(({ crmId, name, because }): PartnerCandidate => ({
        crmId,
        name,
        because,
      }));
    },
    confirm: async (partnerKey, connectionId, crmId, by) => {
      const partner = await requirePartner(app, partnerKey);
      await requireConnection(app, connectionId);
      await confirmPartnerLink(app.db, { partnerId: partner.id, connectionId, crmId, by }, app.clock.now());
    },
  };
}

async function requirePartner(
  app: Application,
  key: string,
): Promise<{ id: string; name: string; email: string | null }> {
  const rows = await app.db.query<{ id: string; name: string; email: string | null }>(
    'SELECT id, name, email FROM partners WHERE key = $1',
    [key],
  );
  const partner = rows[0];
  if (!partner)
    throw new LinkRefused(`There is no partner "${key}". Add it first: tributary partners add.`, true);
  return partner;
}

async function requireConnection(app: Application, connectionId: string): Promise<void> {
  if (await loadConnection(app.db, connectionId)) return;
  throw new LinkRefused(`There is no connection "${connectionId}".`, true);
}
