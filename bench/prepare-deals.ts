import { acceptIntake } from '../src/deals/intake.ts';
import { decideDeals } from '../src/deals/decide-deals.ts';
import { inventDeal, inventPartners } from '../src/app/programme/invent-deals.ts';
import type { Application } from '../src/app/open-application.ts';
import { localConnections, saveConnections } from '../src/app/connect-crms.ts';
import { confirmPartnerLink } from '../src/mirror/partner-links.ts';
import { savePartner } from '../src/partners/save-partner.ts';
import type { CrmUnderTest } from './crm-under-test.ts';

type PreparedCrm = Pick<CrmUnderTest, 'vendor' | 'crms' | 'partnerAccounts'>;

const BATCH = 1_000;

/** Puts approved deals of linked partners into the database; what the partners and the channel manager would do. */
export async function prepareDeals(
  app: Application,
  crm: PreparedCrm,
  deals: number,
  slots: number,
): Promise<void> {
  await saveConnections(app, localConnections(crm.crms, slots));
  await preparePartners(app, crm);
  for (let first = 0; first < deals; first += BATCH) {
    const items = Array.from({ length: Math.min(BATCH, deals - first) }, (_, offset) => ({
      registration: inventDeal(first + offset),
    }));
    const results = await app.db.transaction((tx) =>
      acceptIntake(tx, { name: 'bench', actor: 'bench' }, items, app.deals),
    );
    const ids = results.map((result) => {
      if (result.outcome !== 'registered')
        throw new Error(`a deal was not registered: ${JSON.stringify(result)}`);
      return result.dealId;
    });
    const decided = await decideDeals(app.db, ids, { decision: 'approve', by: 'bench' }, app.deals);
    if (decided.some(({ outcome }) => outcome !== 'done')) throw new Error('a deal was not approved');
  }
}

async function preparePartners(app: Application, crm: PreparedCrm): Promise<void> {
  const outputs = { partnerChanged: async () => undefined };
  for (const { key, name, email, tier } of inventPartners()) {
    const { id } = await app.db.transaction((tx) =>
      savePartner(tx, key, { name, email, tier, tierFrom: '2026-01-01' }, { clock: app.clock, outputs }),
    );
    const crmId = crm.partnerAccounts[key] ?? '';
    const link = { partnerId: id, connectionId: crm.vendor, crmId, by: 'bench' };
    await confirmPartnerLink(app.db, link, app.clock.now());
  }
}
