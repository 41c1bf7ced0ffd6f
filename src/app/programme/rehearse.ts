import type { Application } from '../open-application.ts';
import { confirmPartnerLink } from '../../mirror/partner-links.ts';
import { listConnections } from '../connection-store.ts';
import { reconcile, type Reconciliation } from '../reconcile.ts';
import { crmAdmin, type CrmAdmin, type Play } from './crm-admin.ts';
import { findRunningCrms } from './running-crms.ts';

export interface Rehearsal {
  linkedPartners: number;
  won: number;
  lost: number;
  /** After everything has settled, or when nothing moved any more. */
  reconciliation: Reconciliation;
}

export interface RehearseOptions {
  /** Ends waiting when nothing has moved for this long. */
  patienceMs: number;
  progress(text: string): void;
}

const playBatch = 500;
const accountObjects: Record<string, { object: string; record(name: string): Record<string, unknown> }> = {
  salesforce: { object: 'Account', record: (name) => ({ Name: name }) },
  hubspot: { object: 'companies', record: (name) => ({ name }) },
};

/**
 * Plays, on the local CRMs, what people did in the file that was imported: each partner gets its account and link, and
 * the rep closes each deal as the file says it ended (Won or Lost), in the deal's CRM of record. Then waits for the money.
 */
export async function rehearse(app: Application, options: RehearseOptions): Promise<Rehearsal> {
  const connections = await listConnections(app.db);
  if (connections.some((connection) => !connection.isSandbox))
    throw new Error('A real CRM is connected: deals there are closed by people, not by a rehearsal.');
  const running = await findRunningCrms(app.config.dataDir);
  const admins = new Map<string, CrmAdmin>();
  if (running.salesforce) admins.set('salesforce', crmAdmin(running.salesforce));
  if (running.hubspot) admins.set('hubspot', crmAdmin(running.hubspot));
  const linkedPartners = await linkEveryPartner(app, admins);
  options.progress(`${linkedPartners} partner links confirmed`);
  await waitUntilStill(app, options, 'mirrored');
  const { won, lost } = await closeImported(app, admins, options);
  const reconciliation = await waitUntilStill(app, options, 'acknowledged');
  return { linkedPartners, won, lost, reconciliation };
}

async function linkEveryPartner(app: Application, admins: ReadonlyMap<string, CrmAdmin>): Promise<number> {
  let linked = 0;
  for (const [connectionId, admin] of admins) {
    const partners = await app.db.query<{ id: string; name: string }>(
      `SELECT p.id, p.name FROM partners p
        WHERE NOT EXISTS (SELECT 1 FROM partner_links l WHERE l.partner_id = p.id AND l.connection_id = $1 AND l.crm_id IS NOT NULL)`,
      [connectionId],
    );
    for (const partner of partners) {
      const shape = accountObjects[connectionId];
      const [crmId] = shape ? await admin.seed(shape.object, [shape.record(partner.name)]) : [];
      if (crmId === undefined) continue;
      await confirmPartnerLink(
        app.db,
        { partnerId: partner.id, connectionId, crmId, by: 'rehearsal' },
        app.clock.now(),
      );
      linked++;
    }
  }
  return linked;
}

interface ImportedEnd {
  connection: string;
  crmId: string;
  stage: string;
}

async function closeImported(
  app: Application,
  admins: ReadonlyMap<string, CrmAdmin>,
  options: RehearseOptions,
): Promise<{ won: number; lost: number }> {
  const ends = await app.db.query<ImportedEnd>(
    `SELECT m.connection_id AS connection, m.crm_id AS "crmId", lower(d.source_stage) AS stage
       FROM deals d JOIN mirrors m ON m.deal_id = d.id AND m.connection_id = d.crm_of_record
      WHERE lower(d.source_stage) IN ('won', 'lost') AND d.status = 'approved' AND m.crm_id IS NOT NULL ORDER BY m.crm_id`,
  );
  for (const [connection, admin] of admins) {
    const plays = ends
      .filter((end) => end.connection === connection)
      .map(({ crmId, stage }): Play => ({ action: stage === 'won' ? 'win' : 'lose', id: crmId }));
    for (let start = 0; start < plays.length; start += playBatch) {
      await admin.play(plays.slice(start, start + playBatch));
      options.progress(
        `${connection}: closed ${Math.min(plays.length, start + playBatch)} of ${plays.length}`,
      );
    }
  }
  return {
    won: ends.filter((end) => end.stage === 'won').length,
    lost: ends.filter((end) => end.stage === 'lost').length,
  };
}

/** Until no gap is left, or nothing has moved for a while: then what is left is named by the reconciliation. */
async function waitUntilStill(
  app: Application,
  options: RehearseOptions,
  step: 'mirrored' | 'acknowledged',
): Promise<Reconciliation> {
  let last = '';
  for (let movedAt = Date.now(); ;) {
    const report = await reconcile(app.db, app.config.mirrorTo, app.clock.now());
    const counts = JSON.stringify([
      report.gapCount,
      report.connections.map((connection) => connection.counts),
    ]);
    if (counts !== last) {
      last = counts;
      movedAt = Date.now();
      options.progress(
        report.connections
          .map(({ connection, counts: reached }) => `${connection} ${step} ${reached[step]}`)
          .join(', '),
      );
    }
    if (report.clean || Date.now() - movedAt > options.patienceMs) return report;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
