import { decideInTransaction } from '../deals/decide-deals.ts';
import { findDeal } from '../deals/read-deals.ts';
import { attachInTransaction } from '../mirror/attach/attach-deal.ts';
import { AttachRefused, type Attachments } from '../mirror/attach/attachments.ts';
import { detachDeal } from '../mirror/attach/detach-deal.ts';
import { readTarget } from '../mirror/attach/read-target.ts';
import { endDetachedWins } from '../observations/end-detached-wins.ts';
import { observeLearned } from '../observations/raise-hints.ts';
import { loadConnection } from './connection-store.ts';
import type { Application } from './open-application.ts';

type Host = Pick<Application, 'db' | 'clock' | 'wiring' | 'deals'>;

/** The record is read from the CRM at the moment of asking; what follows is one transaction. */
export function attachments(app: Host): Attachments {
  return {
    attach: async ({ dealId, connectionId, crmId: given, by, approve }) => {
      const connection = await openKnown(app, connectionId);
      const deal = await findDeal(app.db, dealId);
      if (deal === null) throw new AttachRefused('There is no such deal.', true);
      const { crmId, before } = await readTarget(connection, deal.id, given.trim());
      const now = app.clock.now();
      const outputs = {
        recordsLearned: (tx, id, records) => observeLearned(tx, id, records, now),
      } satisfies Parameters<typeof attachInTransaction>[2];
      await app.db.transaction(async (tx) => {
        if (approve) await approveNow(app, tx, deal.id, by);
        const wanted = { dealId: deal.id, connectionId, crmId, role: 'influenced', before, by } as const;
        await attachInTransaction(tx, wanted, outputs, now);
      });
      return { crmId };
    },
    detach: async ({ dealId, connectionId, by }) => {
      const connection = await openKnown(app, connectionId);
      const outputs = {
        winsEnd: endDetachedWins,
        desireAnew: (tx, id) => app.deals.outputs.dealsChanged(tx, [id]),
      } satisfies Parameters<typeof detachDeal>[4];
      return detachDeal(app.db, connection, dealId, by, outputs, app.clock.now());
    },
  };
}

async function openKnown(app: Host, connectionId: string) {
  if (await loadConnection(app.db, connectionId)) return app.wiring.open(connectionId);
  throw new AttachRefused(`There is no connection "${connectionId}".`, true);
}

async function approveNow(
  app: Host,
  tx: Parameters<typeof decideInTransaction>[0],
  id: string,
  by: string,
): Promise<void> {
  const [result] = await decideInTransaction(tx, [id], { decision: 'approve', by }, app.deals);
  if (result?.outcome === 'refused') throw new AttachRefused(result.reason);
}
