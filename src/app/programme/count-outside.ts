import { readFile } from 'node:fs/promises';
import { Decimal } from 'decimal.js';
import { parse } from 'yaml';
import { DEFAULT_PLAN_FILE } from '../../commissions/read-plan.ts';
import { exponentOf } from '../../platform/money.ts';
import type { LocalCrms } from '../local-crms.ts';
import { crmAdmin, type CrmAdmin, type CrmRecord } from './crm-admin.ts';
import { inventPartners, type InventedDeal } from './invent-deals.ts';

/** What one CRM and the payout receiver show of the programme's deals; nothing here is read from Tributary's tables. */
export interface OutsideCount {
  mirrored: number;
  /** Deals that exist more than once in the CRM; must be 0. */
  duplicates: number;
  won: number;
  commissioned: number;
  triggered: number;
  acknowledged: number;
  money: {
    mirrored: Sums;
    won: Sums;
    expectedCommission: Sums;
    commissioned: Sums;
    triggered: Sums;
    acknowledged: Sums;
  };
}

/** Decimal text by currency. */
export type Sums = Record<string, string>;

export interface CrmDeal {
  crmId: string;
  dealId: string;
  amount: string;
  currency: string;
  won: boolean;
}

export interface Registered {
  id: string;
  deal: InventedDeal;
}

/** The CRM's own records that carry a deal id of ours. */
export async function readCrmDeals(crms: LocalCrms, connection: string): Promise<CrmDeal[]> {
  if (connection === 'salesforce') {
    const records = await adminOf(crms, connection).records('Opportunity');
    return records.filter((record) => record['Tributary_Deal_Id__c']).map(fromSalesforce);
  }
  const records = await adminOf(crms, connection).records('deals');
  return records.filter((record) => propertiesOf(record)['tributary_deal_id']).map(fromHubspot);
}

export function adminOf(crms: LocalCrms, connection: string): CrmAdmin {
  const crm = connection === 'salesforce' ? crms.salesforce : crms.hubspot;
  if (!crm) throw new Error(`the local ${connection} is not running`);
  return crmAdmin(crm.adminUrl);
}

function fromSalesforce(record: CrmRecord): CrmDeal {
  return {
    crmId: String(record['Id']),
    dealId: String(record['Tributary_Deal_Id__c']),
    amount: String(record['Amount'] ?? '0'),
    currency: String(record['CurrencyIsoCode'] ?? 'USD'),
    won: record['IsWon'] === true,
  };
}

function fromHubspot(record: CrmRecord): CrmDeal {
  const properties = propertiesOf(record);
  return {
    crmId: String(record['id'] ?? properties['hs_object_id']),
    dealId: String(properties['tributary_deal_id']),
    amount: String(properties['amount'] ?? '0'),
    currency: String(properties['deal_currency_code'] ?? 'USD'),
    won: properties['hs_is_closed_won'] === 'true',
  };
}

function propertiesOf(record: CrmRecord): CrmRecord {
  const properties = record['properties'];
  return typeof properties === 'object' && properties !== null ? (properties as CrmRecord) : record;
}

export interface ReceivedMessage {
  id: string;
  type: string;
  acknowledged: boolean;
  dealId: string;
  amount: string;
  currency: string;
}

/** The receiver's own log: each message id once, as it took effect there. */
export async function readReceived(logFile: string): Promise<ReceivedMessage[]> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const messages = new Map<string, ReceivedMessage>();
  for (const line of text.split('\n').filter((candidate) => candidate.endsWith('}'))) {
    const { id, verdict, body } = JSON.parse(line) as { id: string; verdict: string; body: string };
    if (verdict === 'taken') {
      const { type, data } = JSON.parse(body) as {
        type: string;
        data: { dealId: string; amount: string; currency: string };
      };
      messages.set(id, {
        id,
        type,
        acknowledged: false,
        dealId: data.dealId,
        amount: data.amount,
        currency: data.currency,
      });
    }
    const known = messages.get(id);
    if (verdict === 'acknowledged' && known) known.acknowledged = true;
  }
  return [...messages.values()];
}

export async function countOutside(
  registered: readonly Registered[],
  crmDeals: readonly CrmDeal[],
  received: readonly ReceivedMessage[],
): Promise<OutsideCount> {
  const ids = new Set(registered.map(({ id }) => id));
  const ours = crmDeals.filter((deal) => ids.has(deal.dealId));
  const won = ours.filter((deal) => deal.won);
  const messages = received.filter((message) => ids.has(message.dealId));
  const commissions = messages.filter((message) => message.type.startsWith('commission.'));
  const triggers = messages.filter((message) => message.type.startsWith('payout.'));
  const acknowledged = triggers.filter((message) => message.acknowledged);
  return {
    mirrored: new Set(ours.map((deal) => deal.dealId)).size,
    duplicates: ours.length - new Set(ours.map((deal) => deal.dealId)).size,
    won: won.length,
    commissioned: new Set(commissions.map((message) => message.dealId)).size,
    triggered: new Set(triggers.map((message) => message.dealId)).size,
    acknowledged: new Set(acknowledged.map((message) => message.dealId)).size,
    money: {
      mirrored: sum(ours),
      won: sum(won),
      expectedCommission: await expectedCommission(registered, won),
      commissioned: sum(commissions),
      triggered: sum(triggers),
      acknowledged: sum(acknowledged),
    },
  };
}

export function sum(parts: readonly { amount: string; currency: string }[]): Sums {
  const sums = new Map<string, Decimal>();
  for (const { amount, currency } of parts)
    sums.set(currency, (sums.get(currency) ?? new Decimal(0)).plus(amount));
  return Object.fromEntries(
    [...sums].sort().map(([currency, total]) => [currency, total.toFixed(exponentOf(currency) ?? 2)]),
  );
}

/** Worked out anew from what the CRM says was won and the plan file's own rates: an oracle beside the engine. */
export async function expectedCommission(
  registered: readonly Registered[],
  won: readonly CrmDeal[],
): Promise<Sums> {
  const plan = parse(await readFile(DEFAULT_PLAN_FILE, 'utf8')) as {
    tiers: Record<string, { rate: number }>;
    cap: Record<string, number>;
  };
  const tierOf = new Map(inventPartners().map((partner) => [partner.key, partner.tier]));
  const partnerOf = new Map(registered.map(({ id, deal }) => [id, deal.partner]));
  return sum(
    won.map(({ dealId, amount, currency }) => {
      const rate = plan.tiers[tierOf.get(partnerOf.get(dealId) ?? '') ?? '']?.rate ?? 0;
      const share = new Decimal(amount).times(rate).dividedBy(100);
      const capped = Decimal.min(share, plan.cap[currency] ?? share);
      return { amount: capped.toFixed(2, Decimal.ROUND_HALF_UP), currency };
    }),
  );
}
