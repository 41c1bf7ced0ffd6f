/** Which products of the CRM's deals are ours. They carry no key of ours there: what is known of them is only here. */
import type { LineItemsOutcome, LineValue, WantedLine } from '../crm/line-items.ts';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

export interface KnownLine extends Pick<WantedLine, 'line' | 'crmId' | 'values'> {
  state: 'ours' | 'theirs';
}

/** By deal id. What is known of a CRM's deal that was replaced since is forgotten: the new one has no lines yet. */
export async function knownLines(
  sql: Sql,
  connectionId: string,
  deals: readonly { dealId: string; crmId: string }[],
): Promise<Map<string, KnownLine[]>> {
  const records = jsonText(deals);
  await sql.query(
    `DELETE FROM deal_lines l USING jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, "crmId" text)
      WHERE l.connection_id = $1 AND l.deal_id = w."dealId" AND l.deal_crm_id <> w."crmId"`,
    [connectionId, records],
  );
  const rows = await sql.query<KnownLine & { dealId: string }>(
    `SELECT deal_id AS "dealId", line, crm_id AS "crmId", state, "values" FROM deal_lines
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) ORDER BY deal_id, line`,
    [connectionId, deals.map(({ dealId }) => dealId)],
  );
  const byDeal = new Map<string, KnownLine[]>();
  for (const { dealId, ...line } of rows) byDeal.set(dealId, [...(byDeal.get(dealId) ?? []), line]);
  return byDeal;
}

export interface MeantLine {
  dealId: string;
  dealCrmId: string;
  line: string;
  value: LineValue | null;
}

/** So many unanswered writes in a row are told from a rep's change; then the line is taken for the rep's. */
const mostUnanswered = 10;

/** Remembers, before it is sent, what a line may hold afterwards: an answer that is lost must not make it a stranger's. */
export async function rememberMeant(
  sql: Sql,
  connectionId: string,
  meant: readonly MeantLine[],
  now: Date,
): Promise<void> {
  if (meant.length === 0) return;
  await sql.query(
    `INSERT INTO deal_lines AS l (connection_id, deal_id, line, deal_crm_id, state, "values", updated_at)
     SELECT $1, w."dealId", w.line, w."dealCrmId", 'ours', coalesce(jsonb_build_array(w.value) - 'null', '[]'), $3
       FROM jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, "dealCrmId" text, line text, value jsonb)
      ORDER BY w."dealId", w.line
     ON CONFLICT (connection_id, deal_id, line) DO UPDATE
        SET "values" = l."values" || excluded."values", updated_at = excluded.updated_at
      WHERE l.state = 'ours' AND NOT l."values" @> excluded."values" AND jsonb_array_length(l."values") < $4`,
    [connectionId, jsonText(meant.map(toMeantRow)), now, mostUnanswered],
  );
}

function toMeantRow({ value, ...meant }: MeantLine): object {
  return { ...meant, value };
}

/** What a call taught about the lines of deals. */
export async function recordLines(
  sql: Sql,
  connectionId: string,
  outcomes: readonly LineItemsOutcome[],
  now: Date,
): Promise<void> {
  const rows = outcomes.flatMap(({ key, lines }) => lines.map((line) => ({ ...line, dealId: key })));
  const removed = rows.filter(({ state }) => state === 'removed');
  const known = rows
    .filter(({ state }) => state !== 'removed')
    .map((row) => ({ ...row, values: row.value === null ? [] : [row.value] }));
  await sql.query(
    `DELETE FROM deal_lines l USING jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, line text)
      WHERE l.connection_id = $1 AND l.deal_id = w."dealId" AND l.line = w.line`,
    [connectionId, jsonText(removed)],
  );
  await sql.query(
    `UPDATE deal_lines l SET crm_id = w."crmId", state = w.state, "values" = w.values, updated_at = $3
       FROM jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, line text, "crmId" text, state text, values jsonb)
      WHERE l.connection_id = $1 AND l.deal_id = w."dealId" AND l.line = w.line`,
    [connectionId, jsonText(known), now],
  );
}

/** Lines that wait for a person are tried again at `retryAt`; those of the other deals are done. */
export async function recordWaits(
  sql: Sql,
  connectionId: string,
  waiting: readonly string[],
  done: readonly string[],
  retryAt: Date,
): Promise<void> {
  await sql.query('DELETE FROM deal_line_waits WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])', [
    connectionId,
    done,
  ]);
  await sql.query(
    `INSERT INTO deal_line_waits (connection_id, deal_id, retry_at) SELECT $1, id, $3 FROM unnest($2::uuid[]) AS d(id) ORDER BY id
     ON CONFLICT (connection_id, deal_id) DO UPDATE SET retry_at = excluded.retry_at`,
    [connectionId, waiting, retryAt],
  );
}

/** Makes deals due whose lines waited long enough; their fields are as they were, so that only what hangs on them is sent. */
export async function reviveWaitingLines(sql: Sql, now: Date): Promise<void> {
  await sql.query(
    `UPDATE mirrors m SET state = 'due', due_at = $1, pushed_hash = m.mirrored_hash, mirrored_hash = NULL, updated_at = $1
       FROM deal_line_waits w
      WHERE w.retry_at <= $1 AND m.connection_id = w.connection_id AND m.deal_id = w.deal_id AND m.state = 'mirrored'`,
    [now],
  );
}
