import { formatDecimal } from '../platform/money.ts';
import type { Sql } from '../platform/database/database.ts';

export interface Balance {
  partner: string;
  currency: string;
  /** Exact decimal text in `currency`, by account. */
  accounts: Record<string, string>;
}

/** What every account holds, per partner and currency; for one partner, or all. */
export async function readBalances(sql: Sql, partnerKey: string | null): Promise<Balance[]> {
  const rows = await sql.query<{ partner: string; currency: string; account: string; minor: bigint }>(
    `SELECT p.key AS partner, l.currency, l.account, sum(l.amount_minor)::bigint AS minor
       FROM ledger_postings l JOIN partners p ON p.id = l.partner_id
      WHERE $1::text IS NULL OR p.key = $1
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [partnerKey],
  );
  const balances = new Map<string, Balance>();
  for (const { partner, currency, account, minor } of rows) {
    const key = JSON.stringify([partner, currency]);
    const balance = balances.get(key) ?? { partner, currency, accounts: {} };
    balance.accounts[account] = formatDecimal({ minor, currency });
    balances.set(key, balance);
  }
  return [...balances.values()];
}
