import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

export interface InboxMessage {
  id: bigint;
  body: Buffer;
}

export interface NewInboxMessage {
  connectionId: string;
  /** As received. */
  body: Buffer;
  receivedAt: Date;
}

/** Stores verified webhook bodies: all of them or none. */
export async function storeInboxMessages(sql: Sql, messages: readonly NewInboxMessage[]): Promise<void> {
  // Not as arrays: the driver would write each body out as text, twice as long.
  const rows = messages.map((_none, index) => `($${3 * index + 1}, $${3 * index + 2}, $${3 * index + 3})`);
  await sql.query(
    `INSERT INTO inbox_messages (connection_id, body, received_at) VALUES ${rows.join(', ')}`,
    messages.flatMap(({ connectionId, body, receivedAt }) => [connectionId, body, receivedAt]),
  );
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
