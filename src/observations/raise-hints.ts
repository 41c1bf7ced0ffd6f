import type { ChangeHint } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

export type HintSource = 'stream' | 'webhook' | 'poll' | 'push' | 'person';

export interface EchoRule {
  /** Fields only we write: a change of nothing else, under our own name, is our own write coming back. */
  ownFields: ReadonlySet<string>;
}

/**
 * What we wrote ourselves is read back a little later, so that a burst of ours is read in full batches and does not slow
 * itself down. A change by anybody else brings the read forward. `resting_until` stays equal to `due_at` for as long as
 * nothing but our own writes ask for the read: see `claimDueRecords`.
 */
const ownWritesRestMs = 3_000;

function afterOwnWrites(now: Date): Date {
  return new Date(now.getTime() + ownWritesRestMs);
}

/**
 * Turns notifications into due rows: one row per (connection, record), however many hints. A notification only says
 * "look at record X". Records we do not mirror are left alone: a record we are about to learn of is read when learned.
 * @returns how many records became due
 */
export async function raiseHints(
  tx: Sql,
  connectionId: string,
  via: HintSource,
  hints: readonly ChangeHint[],
  echo: EchoRule,
  now: Date,
): Promise<number> {
  if (hints.length === 0) return 0;
  const rows = hints.map((hint) => ({
    crmId: hint.crmId,
    change: hint.change,
    fields: hint.fields,
    echo: isEcho(hint, echo),
    dueAt: hint.ours ? afterOwnWrites(now) : now,
    ours: hint.ours,
    modifiedAt: hint.modifiedAt ?? null,
    committedAt: hint.committedAt ?? null,
  }));
  const raised = await tx.query<{ raised: number }>(
    // Looked up record by record: whatever the statistics say, a hundred hints must not read the whole table.
    `WITH hint AS (
       SELECT h.* FROM jsonb_to_recordset($3::jsonb)
         AS h("crmId" text, change text, fields jsonb, echo boolean, "dueAt" timestamptz, ours boolean, "modifiedAt" timestamptz,
              "committedAt" timestamptz)
        WHERE (SELECT true FROM mirrors m WHERE m.connection_id = $1 AND m.crm_id = h."crmId")
           OR (SELECT true FROM observed_records o WHERE o.connection_id = $1 AND o.crm_id = h."crmId")
     ), news AS (
       SELECT h."crmId", h.change, h.fields, h."dueAt", h.ours,
              -- Our own change is skipped only when its values were seen: the record was read after it was committed.
              h.echo AND coalesce(o.as_of > h."committedAt", false) AS echo
         FROM hint h
         LEFT JOIN LATERAL (SELECT snapshot_at, as_of, updated_at FROM observed_records
                             WHERE connection_id = $1 AND crm_id = h."crmId" OFFSET 0) o ON true
        -- Vendors stamp whole seconds: a read in the very second of a change may miss a second change in it, so only a
        -- read that ended some seconds later proves that nothing is left to see.
        WHERE h."modifiedAt" IS NULL OR o.snapshot_at IS NULL OR o.snapshot_at < h."modifiedAt"
           OR (o.snapshot_at = h."modifiedAt" AND o.updated_at < h."modifiedAt" + interval '5 seconds')
     ), noted AS (
       INSERT INTO change_hints (connection_id, via, crm_id, change, fields, skipped_as_echo, heard_at)
       SELECT $1, $2, "crmId", change, ARRAY(SELECT jsonb_array_elements_text(fields)), echo, $4 FROM news
     ), raised AS (
       INSERT INTO observed_records AS o (connection_id, crm_id, due_seq, due_at, resting_until, updated_at)
       SELECT $1, "crmId", count(*), min("dueAt"), CASE WHEN bool_and(ours) THEN min("dueAt") END, $4
         FROM news WHERE NOT echo GROUP BY "crmId" ORDER BY "crmId"
       ON CONFLICT (connection_id, crm_id) DO UPDATE
          SET due_seq = o.due_seq + excluded.due_seq, due_at = least(coalesce(o.due_at, excluded.due_at), excluded.due_at),
              resting_until = CASE WHEN o.due_at IS NULL OR excluded.resting_until IS NULL THEN excluded.resting_until
                                   ELSE o.resting_until END,
              attempts = 0, parked_at = NULL, updated_at = excluded.updated_at
       RETURNING 1
     ) SELECT count(*)::int AS raised FROM raised`,
    [connectionId, via, jsonText(rows), now],
  );
  return raised[0]?.raised ?? 0;
}

/**
 * Origin alone proves nothing: a flow fired by our write edits the record under our origin, and may edit the very fields
 * that only we write. So every changed field must be one of those (stage, amount, currency, owner and deletions never
 * are), and even then the hint is skipped only once the record was read after it.
 */
export function isEcho(hint: ChangeHint, echo: EchoRule): boolean {
  return (
    hint.ours &&
    hint.change === 'updated' &&
    hint.fields.length > 0 &&
    hint.fields.every((field) => echo.ownFields.has(field))
  );
}

/** Records whose id was just learned are read once, whatever was or was not heard of them before. */
export async function observeLearned(
  tx: Sql,
  connectionId: string,
  records: readonly { crmId: string; dealId: string }[],
  now: Date,
): Promise<void> {
  if (records.length === 0) return;
  await tx.query(
    `INSERT INTO observed_records AS o (connection_id, crm_id, deal_id, due_seq, due_at, resting_until, updated_at)
     SELECT $1, r."crmId", r."dealId", 1, $3, $3, $4
       FROM jsonb_to_recordset($2::jsonb) AS r("crmId" text, "dealId" uuid) ORDER BY 2
     ON CONFLICT (connection_id, crm_id) DO UPDATE
        SET due_seq = o.due_seq + 1, due_at = least(coalesce(o.due_at, excluded.due_at), excluded.due_at), deal_id = excluded.deal_id,
            resting_until = CASE WHEN o.due_at IS NULL THEN excluded.resting_until ELSE o.resting_until END`,
    [connectionId, JSON.stringify(records), afterOwnWrites(now), now],
  );
}

/** After a gap (expired replay position, lost events) every mirrored record is looked at again. */
export async function observeEverything(sql: Sql, connectionId: string, now: Date): Promise<number> {
  const rows = await sql.query<{ count: number }>(
    `WITH raised AS (
       INSERT INTO observed_records AS o (connection_id, crm_id, deal_id, due_seq, due_at, updated_at)
       SELECT connection_id, crm_id, deal_id, 1, $2, $2 FROM mirrors WHERE connection_id = $1 AND crm_id IS NOT NULL AND record_kind = 'deal' ORDER BY crm_id
       ON CONFLICT (connection_id, crm_id) DO UPDATE
          SET due_seq = o.due_seq + 1, due_at = least(coalesce(o.due_at, excluded.due_at), excluded.due_at)
       RETURNING 1
     ) SELECT count(*)::int AS count FROM raised`,
    [connectionId, now],
  );
  return rows[0]?.count ?? 0;
}
