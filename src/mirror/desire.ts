import type { Sql } from '../platform/database/database.ts';
import { pointToAttached, standingAlone, standsAlone } from './attach/attachments.ts';
import { isHeld } from './hold-deals.ts';
import { parkStopped, stoppedBySync, type Stopped } from './native-sync.ts';
import { knownCompanyKeys, personFacts, personKey } from './person-customer.ts';
import { accountKey, companyDomain, contactKey, mailDomain } from './reference-keys.ts';

/** Which connections a deal is mirrored into: only its CRM of record, or every connection. `same`: where it is already. */
export type Routing = 'record' | 'all' | 'same';

interface DesiredDeal {
  id: string;
  version: number;
  partner_id: string;
  crm_of_record: string | null;
  company_name: string;
  company_domain: string | null;
  company_country: string | null;
  contact_first_name: string | null;
  contact_last_name: string | null;
  contact_email: string | null;
  contact_phone: string | null;
  partner_email: string | null;
}

interface DesiredMirror {
  deal_id: string;
  connection_id: string;
  partner_id: string;
  version: number;
  account_key: string;
  contact_key: string | null;
}

/**
 * Raises the desired version of every mirror of these deals, in the caller's transaction: an approval and its mirror
 * row are one commit, so no approved deal can be missing from the way out. Ten edits leave one due row.
 */
export async function desireMirrors(
  tx: Sql,
  dealIds: readonly string[],
  routing: Routing,
  now: Date,
): Promise<void> {
  if (dealIds.length === 0) return;
  const deals = await loadMirroredDeals(tx, dealIds);
  const connections = await tx.query<Target>(
    'SELECT id, persons, native_sync IS NOT NULL AS synced FROM connections ORDER BY id',
  );
  const known = await knownCompanyKeys(tx, deals, connections);
  const isWanted = await chooserOf(tx, routing, dealIds);
  const mirrors = deals.flatMap((deal) =>
    connections
      .filter((connection) => isWanted(deal, connection))
      .map((connection) => desiredMirror(deal, connection, known)),
  );
  if (mirrors.length === 0) return;
  const alone = await standingAlone(tx, mirrors);
  const stopped = await stoppedMirrors(tx, mirrors, connections);
  const without = new Set([...alone, ...stopped.map((one) => `${one.dealId} ${one.connectionId}`)]);
  const ownRecords = mirrors.filter((one) => !without.has(`${one.deal_id} ${one.connection_id}`));
  await insertReferences(tx, deals, ownRecords, now);
  await insertPartnerLinks(tx, mirrors);
  await upsertMirrors(tx, mirrors, now);
  await parkStopped(tx, stopped, now);
  await pointToAttached(tx, dealIds);
  await promoteReadyDeals(tx, mirrors, now);
}

function loadMirroredDeals(tx: Sql, dealIds: readonly string[]): Promise<DesiredDeal[]> {
  return tx.query<DesiredDeal>(
    `SELECT id, version, partner_id, crm_of_record, company_name, company_domain, company_country,
            contact_first_name, contact_last_name, contact_email, contact_phone,
            (SELECT p.email FROM partners p WHERE p.id = deals.partner_id) AS partner_email
       FROM deals WHERE id = ANY($1::uuid[]) AND status IN ('approved', 'won', 'lost') ORDER BY id`,
    [dealIds],
  );
}

interface Target {
  id: string;
  /** Customers who are persons are accounts of their own kind. */
  persons: boolean;
  /** It is connected with another CRM without us. */
  synced: boolean;
}

async function chooserOf(
  tx: Sql,
  routing: Routing,
  dealIds: readonly string[],
): Promise<(deal: DesiredDeal, connection: Target) => boolean> {
  if (routing === 'all') return () => true;
  if (routing === 'record') return (deal, connection) => deal.crm_of_record === connection.id;
  const rows = await tx.query<{ pair: string }>(
    `SELECT deal_id || ' ' || connection_id AS pair FROM mirrors WHERE deal_id = ANY($1::uuid[])`,
    [dealIds],
  );
  const there = new Set(rows.map(({ pair }) => pair));
  return (deal, connection) => there.has(`${deal.id} ${connection.id}`);
}

/** Asked only where some connection says that it is connected with another CRM without us. */
async function stoppedMirrors(
  tx: Sql,
  mirrors: readonly DesiredMirror[],
  connections: readonly Target[],
): Promise<Stopped[]> {
  if (!connections.some(({ synced }) => synced)) return [];
  const wanted = mirrors.map(({ deal_id, connection_id }) => ({ deal_id, connection_id }));
  const ids = [...new Set(mirrors.map((one) => one.deal_id))];
  const stopped: Stopped[] = [];
  for (const { id } of connections) {
    const here = new Set(mirrors.flatMap((one) => (one.connection_id === id ? [one.deal_id] : [])));
    const found = here.size === 0 ? [] : await stoppedBySync(tx, id, ids, wanted);
    stopped.push(...found.filter(({ dealId }) => here.has(dealId)));
  }
  return stopped;
}

function desiredMirror(deal: DesiredDeal, connection: Target, known: ReadonlySet<string>): DesiredMirror {
  const person = connection.persons && !known.has(`${deal.id} ${connection.id}`) ? personKey(deal) : null;
  return {
    deal_id: deal.id,
    connection_id: connection.id,
    partner_id: deal.partner_id,
    version: deal.version,
    account_key: person ?? companyKeyOf(deal),
    contact_key: contactKey(deal.contact_email),
  };
}

function companyKeyOf(deal: DesiredDeal): string {
  return accountKey({ name: deal.company_name, domain: customerDomain(deal), country: deal.company_country });
}

/** Partners type their own website where the customer's belongs: it never names the customer. */
function customerDomain({ company_domain, partner_email }: DesiredDeal): string | null {
  const own = mailDomain(partner_email);
  return own !== null && companyDomain(company_domain) === own ? null : company_domain;
}

/** A contact who writes from the company's domain tells it where no website is known. */
function domainOfContact({ contact_email, partner_email }: DesiredDeal): string | null {
  const domain = mailDomain(contact_email);
  return domain === mailDomain(partner_email) ? null : domain;
}

/** One row per company and contact and connection, however many deals share it: the database, not luck, keeps it one. */
async function insertReferences(
  tx: Sql,
  deals: DesiredDeal[],
  mirrors: DesiredMirror[],
  now: Date,
): Promise<void> {
  const dealById = new Map(deals.map((deal) => [deal.id, deal]));
  const rows = new Map<string, object>();
  for (const mirror of mirrors) {
    const deal = dealById.get(mirror.deal_id);
    if (!deal) continue;
    const isPerson = mirror.account_key.startsWith('person:');
    const account = {
      name: deal.company_name,
      domain: customerDomain(deal),
      country: deal.company_country,
      ...(isPerson ? personFacts(deal) : {}),
      // A person's address may be their employer's.
      ...(!isPerson && customerDomain(deal) === null ? { mailDomain: domainOfContact(deal) } : {}),
    };
    rows.set(`${mirror.connection_id}\u0000account\u0000${mirror.account_key}`, {
      connection_id: mirror.connection_id,
      kind: 'account',
      key: mirror.account_key,
      facts: account,
      account_key: null,
      state: 'due',
    });
    if (mirror.contact_key === null) continue;
    rows.set(`${mirror.connection_id}\u0000contact\u0000${mirror.contact_key}`, {
      connection_id: mirror.connection_id,
      kind: 'contact',
      key: mirror.contact_key,
      facts: {
        firstName: deal.contact_first_name,
        lastName: deal.contact_last_name,
        email: mirror.contact_key,
        phone: deal.contact_phone,
      },
      account_key: mirror.account_key,
      state: 'waiting',
    });
  }
  await tx.query(
    `WITH wanted AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb)
         AS r(connection_id text, kind text, key text, facts jsonb, account_key text, state text)
     )
     INSERT INTO crm_references (connection_id, kind, key, facts, account_key, state, due_at, updated_at)
     SELECT w.connection_id, w.kind, w.key, w.facts, w.account_key,
            CASE WHEN w.kind = 'contact' AND a.state = 'resolved' THEN 'due' ELSE w.state END,
            CASE WHEN w.kind = 'account' OR a.state = 'resolved' THEN $2::timestamptz END, $2
       FROM wanted w
       LEFT JOIN crm_references a ON a.connection_id = w.connection_id AND a.kind = 'account' AND a.key = w.account_key
      ORDER BY w.connection_id, w.kind, w.key
     ON CONFLICT (connection_id, kind, key) DO NOTHING`,
    [JSON.stringify([...rows.values()]), now],
  );
  await correctParkedReferences(tx, [...rows.values()], now);
}

/** What is known already keeps its facts; what the CRM refused gets another try with corrected ones, as a parked deal does. */
async function correctParkedReferences(tx: Sql, rows: readonly object[], now: Date): Promise<void> {
  await tx.query(
    `UPDATE crm_references r SET facts = w.facts, state = 'due', due_at = $2, attempts = 0, updated_at = $2
       FROM jsonb_to_recordset($1::jsonb) AS w(connection_id text, kind text, key text, facts jsonb)
      WHERE r.connection_id = w.connection_id AND r.kind = w.kind AND r.key = w.key
        AND r.state = 'parked' AND r.facts <> w.facts`,
    [JSON.stringify(rows), now],
  );
}

async function insertPartnerLinks(tx: Sql, mirrors: DesiredMirror[]): Promise<void> {
  await tx.query(
    `INSERT INTO partner_links (partner_id, connection_id)
     SELECT DISTINCT partner_id, connection_id
       FROM jsonb_to_recordset($1::jsonb) AS m(partner_id uuid, connection_id text)
      ORDER BY 1, 2
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(mirrors)],
  );
}

/** A parked deal that changed gets another try; a tombstone stays one, and what was taken back stays held. */
async function upsertMirrors(tx: Sql, mirrors: DesiredMirror[], now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO mirrors AS m (deal_id, connection_id, desired_version, account_key, contact_key, state, first_due_at, updated_at, record_kind)
     SELECT deal_id, connection_id, version, account_key, contact_key, 'waiting', $2, $2,
            (SELECT c.deal_target FROM connections c WHERE c.id = connection_id)
       FROM jsonb_to_recordset($1::jsonb)
         AS w(deal_id uuid, connection_id text, version int, account_key text, contact_key text)
      ORDER BY deal_id, connection_id
     ON CONFLICT (deal_id, connection_id) DO UPDATE
        SET desired_version = greatest(m.desired_version, excluded.desired_version),
            account_key = excluded.account_key, contact_key = excluded.contact_key,
            state = CASE WHEN m.state = 'tombstone' OR ${isHeld} THEN m.state ELSE 'waiting' END,
            due_at = CASE WHEN m.state = 'tombstone' THEN m.due_at END,
            attempts = 0, updated_at = excluded.updated_at`,
    [JSON.stringify(mirrors), now],
  );
}

/** Waiting deals whose account, contact and partner link are all known become due; an unlinked partner parks them with the reason. */
async function promoteReadyDeals(tx: Sql, mirrors: DesiredMirror[], now: Date): Promise<void> {
  await promoteWaiting(tx, `m.deal_id = ANY($1::uuid[])`, [mirrors.map((mirror) => mirror.deal_id)], now);
}

/**
 * Makes waiting deals due whose account, contact and partner link are all known now.
 * @param condition SQL over `m` (mirrors) with parameters from $1; never built from input
 */
export async function promoteWaiting(
  tx: Sql,
  condition: string,
  params: readonly unknown[],
  now: Date,
): Promise<void> {
  const source = `mirrors m WHERE (${condition}) AND`;
  await promote(tx, source, params, now);
}

/** The same for the deals that waited for these accounts or contacts. */
export async function promoteWaitingFor(
  tx: Sql,
  connectionId: string,
  kind: 'account' | 'contact',
  keys: readonly string[],
  now: Date,
): Promise<void> {
  const source = `unnest($2::text[]) AS resolved(key)
    CROSS JOIN LATERAL (SELECT * FROM mirrors
                         WHERE connection_id = $1 AND ${kind}_key = resolved.key AND state = 'waiting' OFFSET 0) m WHERE`;
  await promote(tx, source, [connectionId, keys], now);
}

/** Of a mirror `m`: it waits, and what it waited for is known. */
const isReady = `m.state = 'waiting' AND (${standsAlone} OR
  (SELECT account.state FROM crm_references account
        WHERE account.connection_id = m.connection_id AND account.kind = 'account'
          AND account.key = m.account_key) = 'resolved'
  AND (m.contact_key IS NULL
       OR (SELECT contact.state FROM crm_references contact
            WHERE contact.connection_id = m.connection_id AND contact.kind = 'contact'
              AND contact.key = m.contact_key) = 'resolved'))`;

/**
 * Rows are locked in the order of their keys: accounts and contacts that are resolved at the same time promote the same
 * deals, and two transactions that lock them in different orders would end each other. What they wait for is looked up
 * per row, never joined, and each row is locked by its key alone: with statistics from before a large import the planner
 * would compare every pair.
 */
async function promote(tx: Sql, source: string, params: readonly unknown[], now: Date): Promise<void> {
  const at = `$${params.length + 1}::timestamptz`;
  const reason = `$${params.length + 2}::jsonb`;
  await tx.query(
    `WITH candidate AS MATERIALIZED (
       SELECT m.deal_id, m.connection_id FROM ${source} ${isReady} ORDER BY m.deal_id, m.connection_id
     ), ready AS MATERIALIZED (
       SELECT m.deal_id, m.connection_id,
              (SELECT link.crm_id FROM partner_links link
                WHERE link.connection_id = m.connection_id
                  AND link.partner_id = (SELECT d.partner_id FROM deals d WHERE d.id = m.deal_id)) IS NULL AS unlinked
         FROM candidate
        CROSS JOIN LATERAL (SELECT * FROM mirrors locked
                             WHERE locked.deal_id = candidate.deal_id AND locked.connection_id = candidate.connection_id
                            OFFSET 0 FOR UPDATE) m
        WHERE ${isReady}
     )
     UPDATE mirrors m
        SET state = CASE WHEN unlinked THEN 'parked' ELSE 'due' END,
            due_at = CASE WHEN unlinked THEN NULL ELSE ${at} END,
            parked_at = CASE WHEN unlinked THEN ${at} END,
            last_error = CASE WHEN unlinked THEN ${reason} END,
            updated_at = ${at}
       FROM ready WHERE m.deal_id = ready.deal_id AND m.connection_id = ready.connection_id`,
    [...params, now, JSON.stringify(partnerUnlinked)],
  );
}

export const partnerUnlinked = {
  kind: 'partner-unlinked',
  plain: 'The partner is not linked to an account in this CRM yet.',
  nextStep:
    'Look at the candidates and confirm one: tributary partners candidates, then tributary partners link.',
};
