import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

export interface InboxMessage {
  id: bigint;
  body: Buffer;
}

/** Stores a verified webhook body as received; only after this commits may the caller answer 2xx. */
export async function storeInboxMessage(
  sql: Sql,
  connectionId: string,
  body: Buffer,
  now: Date,
): Promise<void> {
  await sql.query('INSERT INTO inbox_messages (connection_id, body, received_at) VALUES ($1, $2, $3)', [
    connectionId,
    body,
    now,
  ]);
}

/** Connections with bodies nobody parsed yet. */
export async function connectionsWithUnparsed(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    'SELECT DISTINCT connection_id AS id FROM inbox_messages WHERE parsed_at IS NULL',
  );
  return rows.map((row) => row.id);
}

/** Locks unparsed bodies of one connection for this transaction; another worker skips them. Oldest first. */
export async function takeUnparsed(tx: Sql, connectionId: string, limit: number): Promise<InboxMessage[]> {
  return tx.query<InboxMessage>(
    `SELECT id, body FROM inbox_messages
      WHERE parsed_at IS NULL AND connection_id = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [connectionId, limit],
  );
}

/** Bad elements are kept beside the body with their reasons; their 99 neighbours went on. */
export async function markParsed(
  tx: Sql,
  parsed: readonly { id: bigint; bad: readonly { element: unknown; reason: string }[] }[],
  now: Date,
): Promise<void> {
  const rows = parsed.map(({ id, bad }) => ({ id: id.toString(), bad }));
  await tx.query(
    `UPDATE inbox_messages i SET parsed_at = $2, bad_elements = w.bad
       FROM jsonb_to_recordset($1::jsonb) AS w(id bigint, bad jsonb) WHERE i.id = w.id`,
    [jsonText(rows), now],
  );
}
