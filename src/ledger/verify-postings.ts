import type { Sql } from '../platform/database/database.ts';
import type { Finding } from './finding.ts';

/** Of one kind of trouble so many are named: a table that was emptied would fill memory. */
const MOST_NAMED = 1_000;

/** Each rule of the postings as a query of what breaks it. */
const rules: readonly { problem: string; query: string }[] = [
  {
    problem: 'does not sum to zero',
    query: `SELECT 'transaction ' || transaction_id || ' in ' || currency AS subject FROM ledger_postings
             GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0`,
  },
  {
    problem: 'has no postings',
    query: `SELECT 'transaction ' || t.id AS subject FROM ledger_transactions t
             WHERE NOT EXISTS (SELECT FROM ledger_postings p WHERE p.transaction_id = t.id)`,
  },
  {
    problem: 'has postings of another time than its own',
    query: `SELECT DISTINCT 'transaction ' || t.id AS subject FROM ledger_transactions t
              JOIN ledger_postings p ON p.transaction_id = t.id WHERE p.posted_at <> t.posted_at`,
  },
  {
    problem: 'was posted, but the ledger does not hold it with this amount, partner and currency',
    query: `SELECT 'entry ' || e.id AS subject FROM commission_entries e
             WHERE NOT EXISTS (SELECT FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id
                                WHERE t.entry_id = e.id AND t.kind = 'commission' AND p.account = 'accrued' AND p.partner_id = e.partner_id
                                  AND p.currency = e.currency AND p.amount_minor = e.amount_minor)`,
  },
  {
    problem: 'was approved, but the ledger does not hold it with this amount, partner and currency',
    query: `SELECT 'entry ' || e.id AS subject FROM commission_approvals a JOIN commission_entries e ON e.id = a.entry_id
             WHERE NOT EXISTS (SELECT FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id
                                WHERE t.entry_id = e.id AND t.kind = 'approval' AND p.account = 'payable'
                                  AND p.partner_id = e.partner_id AND p.currency = e.currency
                                  AND p.amount_minor = e.amount_minor)`,
  },
  {
    problem: 'is covered by a payout trigger, but nobody approved it',
    query: `SELECT 'entry ' || c.entry_id AS subject FROM payout_trigger_entries c
             WHERE NOT EXISTS (SELECT FROM commission_approvals a WHERE a.entry_id = c.entry_id)`,
  },
  {
    problem: 'was triggered, but the ledger does not hold it with this amount, partner and currency',
    query: `SELECT 'trigger ' || g.id AS subject FROM payout_triggers g
             WHERE NOT EXISTS (SELECT FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id
                                WHERE t.trigger_id = g.id AND p.account = 'triggered' AND p.partner_id = g.partner_id
                                  AND p.currency = g.currency AND p.amount_minor = g.amount_minor)`,
  },
  {
    problem: 'does not pay what the entries it covers add up to',
    query: `SELECT 'trigger ' || g.id AS subject FROM payout_triggers g
             WHERE g.amount_minor IS DISTINCT FROM (
               SELECT sum(e.amount_minor) FROM payout_trigger_entries c JOIN commission_entries e ON e.id = c.entry_id
                WHERE c.trigger_id = g.id AND e.partner_id = g.partner_id AND e.currency = g.currency)`,
  },
  {
    problem: 'is neither sealed nor waiting to be sealed',
    query: `SELECT 'transaction ' || t.id AS subject FROM ledger_transactions t
             WHERE NOT EXISTS (SELECT FROM ledger_seals s WHERE s.transaction_id = t.id)
               AND NOT EXISTS (SELECT FROM ledger_unsealed u WHERE u.transaction_id = t.id)`,
  },
];

/** Holds the postings against themselves, against what they tell of, and the other way round. */
export async function verifyPostings(sql: Sql): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { problem, query } of rules) {
    const rows = await sql.query<{ subject: string }>(`${query} LIMIT ${MOST_NAMED}`);
    findings.push(...rows.map(({ subject }) => ({ subject, problem })));
  }
  return findings;
}
