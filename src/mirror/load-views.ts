import type { SourceView } from '../mapping/evaluate.ts';
import type { Sql } from '../platform/database/database.ts';
import { formatDecimal } from '../platform/money.ts';
import { influenceOf, type AttachRole } from './attach/attachments.ts';
import type { ClaimedMirror } from './claim-deals.ts';
import { linesOf, type DealLine } from './lines-of.ts';
import { companyDomain } from './reference-keys.ts';

/** Everything one deal's mapping rows may read, plus the ids it is linked by. One query for the whole batch. */
export interface DealView {
  dealId: string;
  accountId: string | null;
  contactId: string | null;
  partnerAccountId: string | null;
  /** Set when the deal belongs to a record that was there before; only rows flagged `attach` are written then. */
  attachedAs: AttachRole | null;
  /** A lead until it is converted. */
  recordKind: 'deal' | 'lead';
  /** The registration's products. */
  lines: readonly DealLine[];
  view: SourceView;
}

interface ViewRow {
  id: string;
  version: number;
  name: string;
  amount_minor: bigint | null;
  currency: string;
  expected_close_date: string | null;
  protected_until: string | null;
  products: unknown;
  company_name: string;
  contact_first_name: string | null;
  contact_last_name: string | null;
  contact_email: string | null;
  contact_phone: string | null;
  source: string;
  source_ref: string;
  partner_key: string;
  partner_name: string;
  partner_tier: string | null;
  channel_manager: string | null;
  channel_manager_email: string | null;
  account_id: string | null;
  contact_id: string | null;
  partner_account_id: string | null;
  attached_as: AttachRole | null;
  record_kind: 'deal' | 'lead';
  company_domain: string | null;
  company_country: string | null;
}

export async function loadDealViews(
  sql: Sql,
  connectionId: string,
  mirrors: readonly Pick<ClaimedMirror, 'dealId' | 'accountKey' | 'contactKey'>[],
  now: Date,
  publicUrl: string,
): Promise<Map<string, DealView>> {
  const rows = await sql.query<ViewRow>(
    // What a deal hangs on is looked up per row, not joined: with statistics from before a large import the planner would
    // compare every reference with every deal.
    `SELECT d.id, d.version, d.name, d.amount_minor, d.currency, d.expected_close_date, d.protected_until, d.products,
            d.company_name, d.contact_first_name, d.contact_last_name, d.contact_email, d.contact_phone,
            d.source, d.source_ref, p.key AS partner_key, p.name AS partner_name,
            p.channel_manager_name AS channel_manager, p.channel_manager_email,
            (SELECT t.tier FROM partner_tiers t WHERE t.partner_id = p.id AND t.effective_from <= $3::date
              ORDER BY t.effective_from DESC LIMIT 1) AS partner_tier,
            (SELECT r.crm_id FROM crm_references r
              WHERE r.connection_id = $1 AND r.kind = 'account' AND r.key = m.account_key) AS account_id,
            (SELECT r.crm_id FROM crm_references r
              WHERE r.connection_id = $1 AND r.kind = 'contact' AND r.key = m.contact_key) AS contact_id,
            (SELECT l.crm_id FROM partner_links l WHERE l.connection_id = $1 AND l.partner_id = p.id) AS partner_account_id,
            (SELECT a.role FROM attachments a WHERE a.deal_id = d.id AND a.connection_id = $1) AS attached_as,
            (SELECT k.record_kind FROM mirrors k WHERE k.deal_id = d.id AND k.connection_id = $1) AS record_kind,
            d.company_domain, d.company_country
       FROM unnest($2::uuid[], $4::text[], $5::text[]) AS m(deal_id, account_key, contact_key)
      CROSS JOIN LATERAL (SELECT * FROM deals WHERE id = m.deal_id OFFSET 0) d
       JOIN partners p ON p.id = d.partner_id`,
    [
      connectionId,
      mirrors.map((mirror) => mirror.dealId),
      now,
      mirrors.map((mirror) => mirror.accountKey),
      mirrors.map((mirror) => mirror.contactKey),
    ],
  );
  return new Map(rows.map((row) => [row.id, toDealView(row, publicUrl)]));
}

function toDealView(row: ViewRow, publicUrl: string): DealView {
  const amount =
    row.amount_minor === null ? null : formatDecimal({ minor: row.amount_minor, currency: row.currency });
  return {
    dealId: row.id,
    accountId: row.account_id,
    contactId: row.contact_id,
    partnerAccountId: row.partner_account_id,
    attachedAs: row.attached_as,
    recordKind: row.record_kind,
    lines: linesOf(row.products),
    view: {
      ...(row.record_kind === 'lead' ? customerOf(row) : {}),
      'deal.id': row.id,
      'deal.version': row.version,
      'deal.name': row.name,
      'deal.amount': amount,
      'deal.currency': row.currency,
      'deal.expectedCloseDate': row.expected_close_date,
      'deal.registrationUrl': `${publicUrl}/deals/${row.id}`,
      'deal.protectedUntil': row.protected_until,
      'deal.products': productNames(row.products),
      'deal.source': row.source,
      'deal.sourceRef': row.source_ref,
      'deal.influence': influenceOf(row.attached_as),
      'deal.partnerSourced': influenceOf(row.attached_as) === 'sourced',
      'partner.key': row.partner_key,
      'partner.name': row.partner_name,
      'partner.tier': row.partner_tier,
      'account.name': row.company_name,
      'contact.firstName': row.contact_first_name,
      'contact.lastName': row.contact_last_name,
      'contact.email': row.contact_email,
      'contact.phone': row.contact_phone,
      'partner.channelManager': row.channel_manager,
      'partner.channelManagerEmail': row.channel_manager_email,
      'account.country': row.company_country,
      'refs.account': row.account_id,
      'refs.contact': row.contact_id,
      'refs.partner': row.partner_account_id,
    },
  };
}

/** A lead holds the customer itself; a deal refers to records that do. */
function customerOf(row: ViewRow): SourceView {
  const domain = companyDomain(row.company_domain);
  return {
    'account.domain': domain,
    'account.website': domain ? `https://${domain}` : null,
    'account.country': row.company_country,
  };
}

/** One product per line; the mapping's `join` transform decides the separator. */
function productNames(products: unknown): string | null {
  if (!Array.isArray(products) || products.length === 0) return null;
  return products
    .map((product: unknown) =>
      typeof product === 'object' && product !== null && 'name' in product
        ? String(product.name)
        : String(product),
    )
    .join('\n');
}
