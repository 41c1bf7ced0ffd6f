import type { UnregisteredDeal } from '../crm/unregistered.ts';
import { decideInTransaction } from '../deals/decide-deals.ts';
import { acceptIntake } from '../deals/intake.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import { insertAttachment } from '../mirror/attach/attach-deal.ts';
import { AttachRefused } from '../mirror/attach/attachments.ts';
import { readTarget } from '../mirror/attach/read-target.ts';
import { formatDecimal, parseMoney } from '../platform/money.ts';
import type { Sql } from '../platform/database/database.ts';
import type { Application } from './open-application.ts';

type Host = Pick<Application, 'db' | 'clock' | 'deals' | 'logger'>;
const source = { name: 'renewals', actor: 'rule: renewals' };

interface WonBefore {
  partner: string;
  company_name: string;
  company_domain: string | null;
  company_country: string | null;
}

/**
 * A deal that the rule for renewals names becomes a registration of the partner who last won with that account, attached
 * to the deal by being approved. Once per deal, whatever became of the registration; without such a win nothing happens.
 */
export async function registerRenewal(
  app: Host,
  connection: WiredConnection,
  deal: UnregisteredDeal,
): Promise<void> {
  const rule = connection.mapping.renewals;
  if (!rule) return;
  const ref = `${connection.id}:${deal.crmId}`;
  const before = await wonBefore(app, connection.id, deal.accountId, rule.withinMonths);
  if (before === undefined || (await isKnown(app.db, ref, connection.id, deal.crmId))) return;
  try {
    // No deal of ours has the key yet, so whatever registration the record carries is another one.
    const target = await readTarget(connection, '', deal.crmId, { mayBeClosed: true });
    await app.db.transaction(async (tx) => {
      const [result] = await acceptIntake(
        tx,
        source,
        [{ registration: registrationOf(connection, deal, before, ref) }],
        app.deals,
      );
      if (result?.outcome !== 'registered') throw new Error(`not registered: ${JSON.stringify(result)}`);
      const { dealId } = result;
      const attachment = { ...target, dealId, connectionId: connection.id, role: 'renewal' as const };
      await insertAttachment(tx, { ...attachment, by: source.actor }, app.clock.now());
      const decision = { decision: 'approve', by: source.actor } as const;
      if (rule.approval === 'rule') await decideInTransaction(tx, [dealId], decision, app.deals);
    });
  } catch (error) {
    if (!(error instanceof AttachRefused)) throw error;
    app.logger.info({ crmId: deal.crmId, reason: error.message }, 'a renewal was not registered');
  }
}

async function wonBefore(
  app: Host,
  connectionId: string,
  accountId: string | null,
  months: number,
): Promise<WonBefore | undefined> {
  const [row] = await app.db.query<WonBefore>(
    `SELECT p.key AS partner, d.company_name, d.company_domain, d.company_country
       FROM won_epochs e
       JOIN mirrors m ON m.deal_id = e.deal_id AND m.connection_id = e.connection_id
       JOIN crm_references r ON r.connection_id = m.connection_id AND r.kind = 'account' AND r.key = m.account_key
       JOIN deals d ON d.id = e.deal_id JOIN partners p ON p.id = d.partner_id
      WHERE e.connection_id = $1 AND e.live AND e.earns_nothing_because IS NULL AND r.crm_id = $2
        AND e.won_at >= $3::timestamptz - make_interval(months => $4)
      ORDER BY e.won_at DESC, e.deal_id LIMIT 1`,
    [connectionId, accountId, app.clock.now(), months],
  );
  return row;
}

async function isKnown(sql: Sql, ref: string, connectionId: string, crmId: string): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM deals WHERE source = $1 AND source_ref = $2
     UNION ALL SELECT 1 FROM mirrors WHERE connection_id = $3 AND crm_id = $4
     UNION ALL SELECT 1 FROM attachments WHERE connection_id = $3 AND crm_id = $4`,
    [source.name, ref, connectionId, crmId],
  );
  return rows.length > 0;
}

function registrationOf(
  connection: WiredConnection,
  deal: UnregisteredDeal,
  before: WonBefore,
  ref: string,
): Record<string, unknown> {
  const currency = deal.currency ?? connection.identity.currency;
  const company = {
    name: before.company_name,
    domain: before.company_domain,
    country: before.company_country,
  };
  return {
    ref,
    partner: before.partner,
    name: deal.name,
    company,
    currency,
    ...(deal.closeDate === null ? {} : { expectedCloseDate: deal.closeDate }),
    ...amountOf(deal.amount, currency),
  };
}

/** What the registration shows; the commission is of what is won. An amount the currency cannot carry is left out. */
function amountOf(amount: string | null, currency: string): { amount?: string } {
  try {
    const { minor } = parseMoney(amount ?? '', currency);
    return minor > 0n ? { amount: formatDecimal({ minor, currency }) } : {};
  } catch {
    return {};
  }
}
