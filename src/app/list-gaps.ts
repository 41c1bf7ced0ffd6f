import type { Sql } from '../platform/database/database.ts';

/** One thing that has not reached the next step of the chain, with why and since when. */
export interface Gap {
  step:
    | 'connected'
    | 'registered'
    | 'mirrored'
    | 'observed'
    | 'computed'
    | 'triggered'
    | 'acknowledged'
    | 'parsed';
  connection: string | null;
  dealId: string | null;
  deal: string | null;
  reason: string;
  nextStep: string | null;
  since: string;
  ageSeconds: number;
}

interface GapRow {
  step: Gap['step'];
  connection: string | null;
  deal_id: string | null;
  deal: string | null;
  reason: string;
  next_step: string | null;
  since: Date;
  total: number;
}

/** Every gap, oldest first, at most `limit` named; `total` counts all of them. */
export async function listGaps(
  sql: Sql,
  routing: 'record' | 'all',
  now: Date,
  limit: number,
): Promise<{ gaps: Gap[]; total: number }> {
  const rows = await sql.query<GapRow>(
    `SELECT *, count(*) OVER ()::int AS total FROM (${gapSources.join(' UNION ALL ')}) gap
      ORDER BY since, deal_id LIMIT $2`,
    [routing, limit],
  );
  const gaps = rows.map((row) => ({
    step: row.step,
    connection: row.connection,
    dealId: row.deal_id,
    deal: row.deal,
    reason: row.reason,
    nextStep: row.next_step,
    since: row.since.toISOString(),
    ageSeconds: Math.max(0, Math.round((now.getTime() - row.since.getTime()) / 1000)),
  }));
  return { gaps, total: rows[0]?.total ?? 0 };
}

const notRegistered = `
  SELECT 'registered' AS step, NULL::text AS connection, NULL::uuid AS deal_id, NULL::text AS deal,
         'a registration from ' || e.source || ' waits for a person: ' || k.reason AS reason,
         'Remove the cause, then take it again: POST /v1/intake/parked/' || k.id || '/retry' AS next_step, k.parked_at AS since
    FROM intake_parked k JOIN intake_events e ON e.id = k.intake_event_id WHERE k.resolved_at IS NULL
   UNION ALL
  SELECT 'registered', NULL, NULL, NULL, coalesce(e.last_error, 'a message from ' || e.source || ' waits to be processed'), NULL,
         e.received_at
    FROM intake_events e WHERE e.due_at IS NOT NULL`;

const approvedWithoutMirror = `
  SELECT 'mirrored' AS step, c.id AS connection, d.id AS deal_id, d.name AS deal,
         'approved, but nothing is on its way to this CRM' AS reason, 'This is a fault of Tributary: report it.' AS next_step,
         coalesce(d.decided_at, d.updated_at) AS since
    FROM deals d CROSS JOIN connections c
   WHERE d.status IN ('approved', 'won', 'lost') AND ($1::text = 'all' OR d.crm_of_record = c.id)
     AND NOT EXISTS (SELECT 1 FROM mirrors m WHERE m.deal_id = d.id AND m.connection_id = c.id)`;

const approvedWithoutRecord = `
  SELECT 'mirrored', NULL, d.id, d.name, 'approved without a CRM of record', 'Connect a CRM or correct the record rules.', coalesce(d.decided_at, d.updated_at)
    FROM deals d WHERE d.status IN ('approved', 'won', 'lost') AND d.crm_of_record IS NULL`;

const notMirrored = `
  SELECT 'mirrored', m.connection_id, d.id, d.name,
         coalesce(CASE m.state WHEN 'shadowed' THEN 'the connection is in shadow: computed, not sent' END, m.last_error->>'plain',
           CASE WHEN m.state = 'waiting'
                THEN coalesce(r.last_error->>'plain', k.last_error->>'plain', 'waiting for its account or contact')
                ELSE 'waiting to be sent' END),
         coalesce(m.last_error->>'nextStep', r.last_error->>'nextStep', k.last_error->>'nextStep'), m.first_due_at
    FROM mirrors m JOIN deals d ON d.id = m.deal_id
    LEFT JOIN crm_references r ON r.connection_id = m.connection_id AND r.kind = 'account' AND r.key = m.account_key
    LEFT JOIN crm_references k ON k.connection_id = m.connection_id AND k.kind = 'contact' AND k.key = m.contact_key
   WHERE m.state <> 'mirrored' OR m.mirrored_version < m.desired_version`;

/** A read that is put off without an error brings no news: it was asked for by us, not by the CRM. */
const notObserved = `
  SELECT 'observed', o.connection_id, o.deal_id, d.name, coalesce(o.last_error->>'plain', 'a change in the CRM waits to be read'),
         o.last_error->>'nextStep', o.updated_at
    FROM observed_records o LEFT JOIN deals d ON d.id = o.deal_id
   WHERE o.parked_at IS NOT NULL OR (o.due_at IS NOT NULL AND (o.due_at <= now() OR o.last_error IS NOT NULL))`;

/** The poll is the net under every lost notification: a hole in it must not stay unseen. */
const notPolled = `
  SELECT 'observed', p.connection_id, NULL::uuid, NULL,
         coalesce(c.pause_reason, 'for hours the CRM could not be asked what changed'), 'Run tributary doctor and look at the log.',
         p.value::timestamptz
    FROM cursors p JOIN connections c ON c.id = p.connection_id
   WHERE p.name = 'poll' AND p.value <> '' AND p.value::timestamptz < now() - interval '3 hours'`;

/** A record that is not under observation: a win there would never be heard. */
const notWatched = `
  SELECT 'observed', m.connection_id, d.id, d.name, 'mirrored, but nobody reads its record ' || m.crm_id,
         'This is a fault of Tributary: report it.', m.updated_at
    FROM mirrors m JOIN deals d ON d.id = m.deal_id
   WHERE m.crm_id IS NOT NULL AND m.state <> 'tombstone' AND m.record_kind = 'deal'
     AND NOT EXISTS (SELECT 1 FROM observed_records o WHERE o.connection_id = m.connection_id AND o.crm_id = m.crm_id)`;

const notParsed = `
  SELECT 'parsed', i.connection_id, NULL::uuid, NULL,
         CASE WHEN i.parsed_at IS NULL THEN 'a notification waits to be parsed' ELSE 'a notification could not be understood' END,
         'Look at the stored body; the poll finds what it announced.', i.received_at
    FROM inbox_messages i WHERE i.parsed_at IS NULL OR jsonb_array_length(i.bad_elements) > 0`;

const notComputed = `
  SELECT 'computed', e.connection_id, d.id, d.name,
         coalesce(o.explanation, c.last_error->>'plain', 'the commission waits to be computed'), c.last_error->>'nextStep', e.updated_at
    FROM won_epochs e JOIN deals d ON d.id = e.deal_id
    LEFT JOIN commission_outcomes o ON o.deal_id = e.deal_id AND o.epoch = e.epoch
    LEFT JOIN commission_due c ON c.deal_id = e.deal_id
   WHERE (e.live AND e.earns_nothing_because IS NULL AND coalesce(o.state, 'held') = 'held')
      OR o.epoch_revision < e.revision`;

const notTriggered = `
  SELECT 'triggered', e.connection_id, d.id, d.name,
         CASE WHEN p.due_at > now() THEN 'settling until ' || to_char(p.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
              ELSE 'the payout waits to be triggered' END, NULL, e.updated_at
    FROM payout_due p JOIN won_epochs e ON e.deal_id = p.deal_id AND e.epoch = p.epoch JOIN deals d ON d.id = p.deal_id`;

const notApproved = `
  SELECT 'triggered', e.connection_id, d.id, d.name, 'earned, and waits for an approval',
         'Approve it: tributary commissions approve --deal ' || d.id || ' --by NAME', min(c.posted_at)
    FROM commission_entries c
    JOIN won_epochs e ON e.deal_id = c.deal_id AND e.epoch = c.epoch JOIN deals d ON d.id = c.deal_id
   WHERE NOT EXISTS (SELECT 1 FROM commission_approvals a WHERE a.entry_id = c.id)
   GROUP BY e.connection_id, d.id, d.name, c.epoch, c.partner_id, c.currency HAVING sum(c.amount_minor) <> 0`;

/** Asked of the ledger itself, not of the list of payouts to be looked at: what is missing there is what this is to find. */
const neverTriggered = `
  SELECT 'triggered', e.connection_id, d.id, d.name, 'earned, but no payout is on its way',
         'This is a fault of Tributary: report it.', min(c.posted_at)
    FROM commission_entries c
    JOIN commission_approvals a ON a.entry_id = c.id
    JOIN won_epochs e ON e.deal_id = c.deal_id AND e.epoch = c.epoch JOIN deals d ON d.id = c.deal_id
   WHERE NOT EXISTS (SELECT 1 FROM payout_trigger_entries t WHERE t.entry_id = c.id)
     AND NOT EXISTS (SELECT 1 FROM payout_due p WHERE p.deal_id = c.deal_id AND p.epoch = c.epoch)
   GROUP BY e.connection_id, d.id, d.name, c.epoch, c.partner_id, c.currency HAVING sum(c.amount_minor) <> 0`;

const notAcknowledged = `
  SELECT 'acknowledged', e.connection_id, d.id, d.name,
         coalesce(m.last_error->>'plain', CASE m.state WHEN 'delivered' THEN 'delivered, not acknowledged yet' ELSE 'waiting to be delivered' END),
         m.last_error->>'nextStep', t.created_at
    FROM payout_triggers t JOIN won_epochs e ON e.deal_id = t.deal_id AND e.epoch = t.epoch JOIN deals d ON d.id = t.deal_id
    LEFT JOIN messages m ON m.trigger_id = t.id
   WHERE NOT EXISTS (SELECT 1 FROM payout_acknowledgements a WHERE a.trigger_id = t.id)`;

/** A connection that stands still is one gap, whether or not a deal waits for it yet. */
const notConnected = `
  SELECT 'connected', k.connection_id, NULL::uuid, NULL, k.plain, k.next_step, k.opened_at
    FROM cards k WHERE k.alerts AND k.closed_at IS NULL`;

const gapSources = [
  notRegistered,
  approvedWithoutMirror,
  approvedWithoutRecord,
  notMirrored,
  notObserved,
  notWatched,
  notPolled,
  notParsed,
  notComputed,
  notTriggered,
  notApproved,
  neverTriggered,
  notAcknowledged,
  notConnected,
];
