import type { Sql } from '../platform/database/database.ts';
import type { LineInput } from './assign-bases.ts';
import { loadPlans } from './published-plans.ts';
import type { PublishedPlan } from './published-plans.ts';

export interface WonEpoch {
  dealId: string;
  epoch: number;
  partnerId: string;
  wonAt: Date;
  amountMinor: bigint | null;
  currency: string | null;
  live: boolean;
  endedBy: string | null;
  earnsNothingBecause: string | null;
  revision: number;
  /** Absent from the calculation where null: the line items were not read. */
  lines: readonly LineInput[] | null;
  /** How the partner came into the deal, on the connection that was won on; null: sourced. */
  influence: 'influenced' | 'renewal' | null;
  /** What plans of the whole language may ask of partner and deal. No personal data: it is stored with the entry. */
  partnerKey: string;
  partnerCountry: string | null;
  companyCountry: string | null;
  source: string;
}

export interface TierPeriod {
  tier: string;
  since: string;
}

export interface PriorEntry {
  id: string;
  dealId: string;
  epoch: number;
  partnerId: string;
  line: string;
  component: string;
  revision: number;
  amountMinor: bigint;
  currency: string;
  planId: string;
}

export interface Batch {
  plans: readonly PublishedPlan[];
  epochs: readonly WonEpoch[];
  /** Latest first, per partner. */
  tiers: ReadonlyMap<string, readonly TierPeriod[]>;
  /** Oldest first. */
  entries: readonly PriorEntry[];
}

/** Locks the deals in sorted order: two batches that share deals wait for each other instead of deadlocking. */
export async function lockDeals(tx: Sql, dealIds: readonly string[]): Promise<void> {
  await tx.query('SELECT 1 FROM deals WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', [dealIds]);
}

/** Everything a batch is computed from, in four queries whatever its size. The deals must be locked. */
export async function loadBatch(tx: Sql, dealIds: readonly string[]): Promise<Batch> {
  const epochs = await loadEpochs(tx, dealIds);
  return {
    plans: await loadPlans(tx),
    epochs,
    tiers: await loadTiers(tx, [...new Set(epochs.map((epoch) => epoch.partnerId))]),
    entries: await loadEntries(tx, dealIds),
  };
}

async function loadEpochs(tx: Sql, dealIds: readonly string[]): Promise<WonEpoch[]> {
  return tx.query<WonEpoch>(
    `SELECT e.deal_id AS "dealId", e.epoch, d.partner_id AS "partnerId", e.won_at AS "wonAt",
       e.amount_minor AS "amountMinor", e.currency, e.live, e.ended_by AS "endedBy",
       e.earns_nothing_because AS "earnsNothingBecause", e.revision, e.lines,
       (SELECT a.role FROM attachments a WHERE a.deal_id = e.deal_id AND a.connection_id = e.connection_id
           AND a.role IN ('influenced', 'renewal')) AS influence,
       p.key AS "partnerKey", p.country AS "partnerCountry", d.company_country AS "companyCountry", d.source
     FROM won_epochs e JOIN deals d ON d.id = e.deal_id JOIN partners p ON p.id = d.partner_id
     WHERE e.deal_id = ANY($1) ORDER BY e.deal_id, e.epoch`,
    [dealIds],
  );
}

async function loadTiers(tx: Sql, partnerIds: readonly string[]): Promise<Map<string, TierPeriod[]>> {
  const rows = await tx.query<TierPeriod & { partnerId: string }>(
    `SELECT partner_id AS "partnerId", tier, effective_from AS since FROM partner_tiers
     WHERE partner_id = ANY($1) ORDER BY partner_id, effective_from DESC`,
    [partnerIds],
  );
  const tiers = new Map<string, TierPeriod[]>();
  for (const { partnerId, tier, since } of rows) {
    const known = tiers.get(partnerId);
    if (known === undefined) tiers.set(partnerId, [{ tier, since }]);
    else known.push({ tier, since });
  }
  return tiers;
}

async function loadEntries(tx: Sql, dealIds: readonly string[]): Promise<PriorEntry[]> {
  return tx.query<PriorEntry>(
    `SELECT id, deal_id AS "dealId", epoch, partner_id AS "partnerId", line, component, revision,
       amount_minor AS "amountMinor", currency, plan_id AS "planId"
     FROM commission_entries WHERE deal_id = ANY($1) ORDER BY deal_id, epoch, revision`,
    [dealIds],
  );
}
