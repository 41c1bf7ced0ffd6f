import type { Sql } from '../../platform/database/database.ts';
import type { Period } from './period.ts';

/** What moved in one currency, in minor units: opening + earned + changed + takenBack - triggered = closing. */
export interface Movement {
  currency: string;
  /** Earned, and not in any payout message yet. */
  opening: bigint;
  earned: bigint;
  /** Entries that corrected earlier ones, up and down. */
  changed: bigint;
  takenBack: bigint;
  /** Told to pay; less what was told to take back. */
  triggered: bigint;
  closing: bigint;
}

export interface StatementHead {
  partner: { key: string; name: string; country: string | null };
  period: Period;
  /** The statement shows what was posted until then. */
  asOf: Date;
  movements: Movement[];
  lines: number;
}

export interface StatementLine {
  /** Number of the ledger's transaction. */
  transaction: bigint;
  postedAt: Date;
  kind: 'accrued' | 'adjusted' | 'reversed' | 'triggered' | 'taken-back';
  deal: string;
  /** As the partner's own system names the deal. */
  dealRef: string;
  wonAt: Date;
  currency: string;
  /** Positive: earned or paid out; negative: less earned, or taken back. */
  amountMinor: bigint;
  /** The entry, or the payout trigger. */
  id: string;
  explanation: string;
}

/** Of one page: a statement of any length is read in bounded memory. */
const PAGE = 1_000;

/** Null: there is no such partner. Call it, and read the lines, in one transaction that sees one moment (`atOneMoment`). */
export async function readHead(
  tx: Sql,
  partnerKey: string,
  period: Period,
  asOf: Date,
): Promise<(StatementHead & { partnerId: string }) | null> {
  const [partner] = await tx.query<{ id: string; key: string; name: string; country: string | null }>(
    'SELECT id, key, name, country FROM partners WHERE key = $1',
    [partnerKey],
  );
  if (partner === undefined) return null;
  const { id, ...known } = partner;
  const movements = await readMovements(tx, id, period);
  requireThatTheyAddUp(partnerKey, movements);
  const [count] = await tx.query<{ lines: number }>(
    `SELECT count(*)::int AS lines FROM ledger_postings l JOIN ledger_transactions t ON t.id = l.transaction_id
      WHERE l.partner_id = $1 AND ${ownSide} AND l.posted_at >= $2 AND l.posted_at < $3`,
    [id, period.from, period.to],
  );
  return { partnerId: id, partner: known, period, asOf, movements, lines: count?.lines ?? 0 };
}

/** A commission is shown where it accrues, a payout where it is triggered; an approval moves nothing the partner sees. */
const ownSide = `l.account = CASE t.kind WHEN 'commission' THEN 'accrued' WHEN 'trigger' THEN 'triggered' END`;

/** Earned, and not in any payout message yet: approved or not. */
const open = `l.account IN ('accrued', 'payable')`;
const sumWhere = (condition: string): string =>
  `coalesce(sum(l.amount_minor) FILTER (WHERE ${condition}), 0)::bigint`;

function readMovements(tx: Sql, partnerId: string, { from, to }: Period): Promise<Movement[]> {
  const ofKind = (kind: string): string =>
    sumWhere(`l.account = 'accrued' AND within AND t.kind = 'commission' AND e.kind = '${kind}'`);
  return tx.query<Movement>(
    `SELECT l.currency, ${sumWhere(`${open} AND NOT within`)} AS opening,
            ${ofKind('accrued')} AS earned, ${ofKind('adjusted')} AS changed, ${ofKind('reversed')} AS "takenBack",
            ${sumWhere("l.account = 'triggered' AND within")} AS triggered,
            ${sumWhere(open)} AS closing
       FROM (SELECT *, posted_at >= $2 AS within FROM ledger_postings
              WHERE partner_id = $1 AND account <> 'commission' AND posted_at < $3) l
            LEFT JOIN ledger_transactions t ON l.within AND t.id = l.transaction_id
            LEFT JOIN commission_entries e ON e.id = t.entry_id
      GROUP BY l.currency ORDER BY l.currency`,
    [partnerId, from, to],
  );
}

/** Two ways to the same figure: a statement that does not add up is not shown. */
function requireThatTheyAddUp(partnerKey: string, movements: readonly Movement[]): void {
  for (const { currency, opening, earned, changed, takenBack, triggered, closing } of movements) {
    if (opening + earned + changed + takenBack - triggered === closing) continue;
    throw new Error(
      `the statement of partner ${partnerKey} does not add up in ${currency}: run \`tributary ledger verify\``,
    );
  }
}

/** The lines in the order they were posted, page by page. */
export async function* readLines(
  tx: Sql,
  { partnerId, period }: { partnerId: string; period: Period },
): AsyncGenerator<StatementLine> {
  let after: { postedAt: Date; transaction: bigint } = { postedAt: period.from, transaction: 0n };
  for (;;) {
    const page = await readPage(tx, partnerId, period, after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last;
  }
}

function readPage(
  tx: Sql,
  partnerId: string,
  { to }: Period,
  after: { postedAt: Date; transaction: bigint },
): Promise<StatementLine[]> {
  return tx.query<StatementLine>(
    `SELECT t.id AS transaction, l.posted_at AS "postedAt",
            coalesce(e.kind, CASE WHEN l.amount_minor > 0 THEN 'triggered' ELSE 'taken-back' END) AS kind,
            d.name AS deal, d.source_ref AS "dealRef", w.won_at AS "wonAt", l.currency, l.amount_minor AS "amountMinor",
            coalesce(e.id, g.id) AS id, coalesce(e.explanation, g.explanation) AS explanation
       FROM ledger_postings l JOIN ledger_transactions t ON t.id = l.transaction_id
            LEFT JOIN commission_entries e ON e.id = t.entry_id
            LEFT JOIN payout_triggers g ON g.id = t.trigger_id
            JOIN deals d ON d.id = coalesce(e.deal_id, g.deal_id)
            JOIN won_epochs w ON w.deal_id = d.id AND w.epoch = coalesce(e.epoch, g.epoch)
      WHERE l.partner_id = $1 AND ${ownSide} AND (l.posted_at, l.transaction_id) > ($2, $3) AND l.posted_at < $4
      ORDER BY l.posted_at, l.transaction_id LIMIT $5`,
    [partnerId, after.postedAt, after.transaction.toString(), to, PAGE],
  );
}
