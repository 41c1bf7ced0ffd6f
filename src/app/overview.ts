import type { ConnectorDefinition } from '../crm/connector.ts';
import { listProposals, type ProposalView } from '../ownership/list-proposals.ts';
import { listCards } from '../platform/cards/cards.ts';
import type { Sql } from '../platform/database/database.ts';
import { formatDecimal } from '../platform/money.ts';
import { listConnectionStates, type ConnectionState } from './list-connection-states.ts';
import { reconcile, type Reconciliation } from './reconcile.ts';

export interface OverviewLink {
  label: string;
  url: string;
}

export interface OverviewDeal {
  id: string;
  name: string;
  partner: string;
  status: string;
  amount: string | null;
  currency: string;
  crmOfRecord: string | null;
  /** Where the deal stands on its way, in words. */
  standing: string;
  updatedAt: string;
}

export interface OverviewCard {
  id: string;
  connection: string;
  kind: string;
  subject: string;
  plain: string;
  nextStep: string;
  alerts: boolean;
  since: string;
}

export interface Overview {
  at: string;
  stopped: boolean;
  connections: ConnectionState[];
  /** What needs a person, what stops a connection first. */
  cards: OverviewCard[];
  /** Edits of partners that wait for a decision. */
  proposals: ProposalView[];
  links: OverviewLink[];
  deals: OverviewDeal[];
  reconciliation: Reconciliation;
}

/** What the first page shows: is everything flowing, and if not, what is waiting and why. */
export async function readOverview(
  sql: Sql,
  settings: {
    routing: 'record' | 'all';
    definitions: readonly ConnectorDefinition[];
    links: readonly OverviewLink[];
    now: Date;
    dealId?: string;
  },
): Promise<Overview> {
  const [connections, cards, proposals, deals, stopped, reconciliation] = await Promise.all([
    listConnectionStates(sql, settings.definitions, settings.now),
    readCards(sql),
    listProposals(sql, { dealId: settings.dealId, limit: 50 }),
    readRecentDeals(sql, settings.dealId ?? null),
    sql.query<{ stopped: boolean }>('SELECT stopped FROM system_switches'),
    reconcile(sql, settings.routing, settings.now),
  ]);
  return {
    at: settings.now.toISOString(),
    stopped: stopped[0]?.stopped ?? false,
    connections,
    cards,
    proposals,
    links: [...settings.links],
    deals,
    reconciliation: { ...reconciliation, gaps: reconciliation.gaps.slice(0, 50) },
  };
}

async function readCards(sql: Sql): Promise<OverviewCard[]> {
  const cards = await listCards(sql, { limit: 100 });
  return cards
    .sort((a, b) => Number(b.alerts) - Number(a.alerts))
    .map(({ id, connectionId, kind, subject, plain, nextStep, alerts, openedAt }) => ({
      id,
      connection: connectionId,
      kind,
      subject,
      plain,
      nextStep,
      alerts,
      since: openedAt.toISOString(),
    }));
}

interface RecentRow extends Omit<OverviewDeal, 'amount' | 'standing'> {
  amountMinor: bigint | null;
  mirrorState: string | null;
  mirrorError: string | null;
  commissionMinor: bigint | null;
  triggered: boolean;
  acknowledged: boolean;
}

/** The newest deals, or the one asked for. */
async function readRecentDeals(sql: Sql, dealId: string | null): Promise<OverviewDeal[]> {
  const rows = await sql.query<RecentRow>(
    `SELECT d.id, d.name, p.name AS partner, d.status, d.amount_minor AS "amountMinor", d.currency,
            d.crm_of_record AS "crmOfRecord", d.updated_at AS "updatedAt", m.state AS "mirrorState",
            m.last_error->>'plain' AS "mirrorError",
            (SELECT sum(c.amount_minor)::bigint FROM commission_entries c WHERE c.deal_id = d.id) AS "commissionMinor",
            EXISTS (SELECT 1 FROM payout_triggers t WHERE t.deal_id = d.id) AS triggered,
            EXISTS (SELECT 1 FROM payout_triggers t JOIN payout_acknowledgements a ON a.trigger_id = t.id
                     WHERE t.deal_id = d.id) AS acknowledged
       FROM deals d JOIN partners p ON p.id = d.partner_id
       LEFT JOIN mirrors m ON m.deal_id = d.id AND m.connection_id = d.crm_of_record
      WHERE $1::uuid IS NULL OR d.id = $1
      ORDER BY d.registered_at DESC, d.id DESC LIMIT 40`,
    [dealId],
  );
  return rows.map(
    ({ amountMinor, mirrorState, mirrorError, commissionMinor, triggered, acknowledged, ...row }) => ({
      ...row,
      amount: amountMinor === null ? null : formatDecimal({ minor: amountMinor, currency: row.currency }),
      standing: standing({
        ...row,
        amountMinor,
        mirrorState,
        mirrorError,
        commissionMinor,
        triggered,
        acknowledged,
      }),
    }),
  );
}

function standing(row: RecentRow): string {
  const commission =
    row.commissionMinor === null
      ? null
      : formatDecimal({ minor: row.commissionMinor, currency: row.currency });
  if (row.acknowledged) return `payout acknowledged (${String(commission)} ${row.currency})`;
  if (row.triggered) return `payout triggered (${String(commission)} ${row.currency})`;
  if (commission !== null) return `commission ${commission} ${row.currency}`;
  if (row.status === 'submitted') return 'waits for approval';
  if (row.status === 'won' || row.status === 'lost') return row.status;
  if (row.mirrorState === 'mirrored') return `in ${row.crmOfRecord ?? 'the CRM'}`;
  if (row.mirrorState !== null)
    return row.mirrorError ?? `${row.mirrorState}, on its way to ${row.crmOfRecord ?? 'the CRM'}`;
  return row.status;
}
