import type { Sql } from '../../platform/database/database.ts';

/** What provisioning made in a connection's CRM and deprovisioning has not taken away again. */
export async function listMade(sql: Sql, connectionId: string): Promise<ReadonlySet<string>> {
  const rows = await sql.query<{ item: string }>(
    'SELECT item FROM provisioned_items WHERE connection_id = $1 ORDER BY item',
    [connectionId],
  );
  return new Set(rows.map(({ item }) => item));
}

export async function rememberMade(
  sql: Sql,
  connectionId: string,
  item: string,
  by: string,
  now: Date,
): Promise<void> {
  await sql.query(
    `INSERT INTO provisioned_items (connection_id, item, made_by, made_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (connection_id, item) DO NOTHING`,
    [connectionId, item, by, now],
  );
}

/** Everything but what stays in the CRM. */
export async function forgetMade(sql: Sql, connectionId: string, staying: readonly string[]): Promise<void> {
  await sql.query('DELETE FROM provisioned_items WHERE connection_id = $1 AND NOT item = ANY ($2)', [
    connectionId,
    staying,
  ]);
}
