import type { Sql } from '../platform/database/database.ts';
import { formatDecimal } from '../platform/money.ts';
import { listGaps, type Gap } from './list-gaps.ts';

export const chainSteps = ['approved', 'mirrored', 'won', 'computed', 'triggered', 'acknowledged'] as const;
export type ChainStep = (typeof chainSteps)[number];

export interface ReconciledConnection {
  connection: string;
  counts: Record<ChainStep, number>;
  /** Deal amounts, per currency: approved = mirrored; and what was won. */
  dealAmounts: Record<string, { approved: string; mirrored: string; won: string }>;
  /** Commission, per currency: computed = triggered = acknowledged. */
  commission: Record<string, { computed: string; triggered: string; acknowledged: string }>;
  /** Wins that rightly pay nothing (not the CRM of record, before the cut-off, a plan without a rate…), by reason. */
  earnsNothing: Record<string, number>;
}

export interface Reconciliation {
  clean: boolean;
  at: string;
  connections: ReconciledConnection[];
  gaps: Gap[];
  gapCount: number;
}

/** How many gaps are named; the count is always of all. */
const gapLimit = 1000;

/** Compares every step of the chain with the one before it. Each difference is a named deal with its reason and age. */
export async function reconcile(sql: Sql, routing: 'record' | 'all', now: Date): Promise<Reconciliation> {
  const connections = await sql.query<{ id: string }>('SELECT id FROM connections ORDER BY record_order, id');
  const { gaps, total } = await listGaps(sql, routing, now, gapLimit);
  const reconciled = await Promise.all(connections.map(({ id }) => reconcileConnection(sql, id)));
  return { clean: total === 0, at: now.toISOString(), connections: reconciled, gaps, gapCount: total };
}

async function reconcileConnection(sql: Sql, connection: string): Promise<ReconciledConnection> {
  const [deals, wins, commissions, nothing] = await Promise.all([
    sumDeals(sql, connection),
    sumWins(sql, connection),
    sumCommissions(sql, connection),
    countNothing(sql, connection),
  ]);
  const counts = { approved: 0, mirrored: 0, won: 0, computed: 0, triggered: 0, acknowledged: 0 };
  const dealAmounts: ReconciledConnection['dealAmounts'] = {};
  for (const row of deals) {
    counts.approved += row.approved;
    counts.mirrored += row.mirrored;
    const won = wins.find((win) => win.currency === row.currency);
    dealAmounts[row.currency] = {
      approved: decimal(row.approved_minor, row.currency),
      mirrored: decimal(row.mirrored_minor, row.currency),
      won: decimal(won?.minor ?? 0n, row.currency),
    };
  }
  counts.won = wins.reduce((sum, row) => sum + row.wins, 0);
  const commission: ReconciledConnection['commission'] = {};
  for (const row of commissions) {
    counts.computed += row.computed;
    counts.triggered += row.triggered;
    counts.acknowledged += row.acknowledged;
    commission[row.currency] = {
      computed: decimal(row.computed_minor, row.currency),
      triggered: decimal(row.triggered_minor, row.currency),
      acknowledged: decimal(row.acknowledged_minor, row.currency),
    };
  }
  return {
    connection,
    counts,
    dealAmounts,
    commission,
    earnsNothing: Object.fromEntries(nothing.map((row) => [row.reason, row.count])),
  };
}

function decimal(minor: bigint, currency: string): string {
  return formatDecimal({ minor, currency });
}

interface DealSums {
  currency: string;
  approved: number;
  mirrored: number;
  approved_minor: bigint;
  mirrored_minor: bigint;
}

function sumDeals(sql: Sql, connection: string): Promise<DealSums[]> {
  return sql.query<DealSums>(
    `SELECT d.currency, count(*)::int AS approved,
            (count(*) FILTER (WHERE m.state = 'mirrored' AND m.mirrored_version >= d.version))::int AS mirrored,
            coalesce(sum(d.amount_minor), 0)::bigint AS approved_minor,
            coalesce(sum(d.amount_minor) FILTER (WHERE m.state = 'mirrored' AND m.mirrored_version >= d.version), 0)::bigint AS mirrored_minor
       FROM mirrors m JOIN deals d ON d.id = m.deal_id
      WHERE m.connection_id = $1 GROUP BY d.currency ORDER BY d.currency`,
    [connection],
  );
}

/** Wins that earn: of the CRM of record, after the cut-off, and not computed to nothing by the plan. */
function sumWins(sql: Sql, connection: string): Promise<{ currency: string; wins: number; minor: bigint }[]> {
  return sql.query(
    `SELECT coalesce(e.currency, '?') AS currency, count(*)::int AS wins, coalesce(sum(e.amount_minor), 0)::bigint AS minor
       FROM won_epochs e LEFT JOIN commission_outcomes o ON o.deal_id = e.deal_id AND o.epoch = e.epoch
      WHERE e.connection_id = $1 AND e.live AND e.earns_nothing_because IS NULL AND o.state IS DISTINCT FROM 'nothing'
      GROUP BY 1 ORDER BY 1`,
    [connection],
  );
}

interface CommissionSums {
  currency: string;
  computed: number;
  triggered: number;
  acknowledged: number;
  computed_minor: bigint;
  triggered_minor: bigint;
  acknowledged_minor: bigint;
}

/** Per live or ended win: what the entries add up to, what the triggers add up to, what was acknowledged of them. */
function sumCommissions(sql: Sql, connection: string): Promise<CommissionSums[]> {
  return sql.query<CommissionSums>(
    `WITH win AS (
       SELECT deal_id, epoch FROM won_epochs WHERE connection_id = $1
     ), entry AS (
       SELECT c.deal_id, c.epoch, c.currency, sum(c.amount_minor) AS minor
         FROM commission_entries c JOIN win USING (deal_id, epoch) GROUP BY 1, 2, 3
     ), trigger AS (
       SELECT t.deal_id, t.epoch, t.currency, sum(t.amount_minor) AS minor,
              sum(t.amount_minor) FILTER (WHERE EXISTS (
                SELECT 1 FROM payout_acknowledgements a WHERE a.trigger_id = t.id)) AS acknowledged_minor
         FROM payout_triggers t JOIN win USING (deal_id, epoch) GROUP BY 1, 2, 3
     )
     SELECT entry.currency,
            (count(*) FILTER (WHERE entry.minor <> 0))::int AS computed,
            (count(*) FILTER (WHERE trigger.minor <> 0))::int AS triggered,
            (count(*) FILTER (WHERE trigger.acknowledged_minor <> 0))::int AS acknowledged,
            coalesce(sum(entry.minor), 0)::bigint AS computed_minor,
            coalesce(sum(trigger.minor), 0)::bigint AS triggered_minor,
            coalesce(sum(trigger.acknowledged_minor), 0)::bigint AS acknowledged_minor
       FROM entry LEFT JOIN trigger USING (deal_id, epoch, currency) GROUP BY 1 ORDER BY 1`,
    [connection],
  );
}

function countNothing(sql: Sql, connection: string): Promise<{ reason: string; count: number }[]> {
  return sql.query(
    `SELECT coalesce(e.earns_nothing_because, o.reason, 'the plan pays nothing') AS reason, count(*)::int AS count
       FROM won_epochs e LEFT JOIN commission_outcomes o ON o.deal_id = e.deal_id AND o.epoch = e.epoch
      WHERE e.connection_id = $1 AND e.live AND (e.earns_nothing_because IS NOT NULL OR o.state = 'nothing')
      GROUP BY 1 ORDER BY 1`,
    [connection],
  );
}
