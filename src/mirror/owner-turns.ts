import type { Database } from '../platform/database/database.ts';

/**
 * Gives deals out in turn. The row is locked for the length of the transaction, so that workers take their turns one after the
 * other; a deal that was given to somebody keeps them, unless they are no longer among the users.
 * @param users user names, in the order of their turns; not empty
 */
export async function takeTurns(
  db: Database,
  connectionId: string,
  dealIds: readonly string[],
  users: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  return db.transaction(async (tx) => {
    await tx.query('INSERT INTO owner_turns (connection_id) VALUES ($1) ON CONFLICT DO NOTHING', [
      connectionId,
    ]);
    const [row] = await tx.query<{ turn: bigint | number | string }>(
      'SELECT turn FROM owner_turns WHERE connection_id = $1 FOR UPDATE',
      [connectionId],
    );
    const kept = await tx.query<{ deal_id: string; username: string }>(
      'SELECT deal_id, username FROM deal_owners WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])',
      [connectionId, dealIds],
    );
    const owners = new Map(
      kept.filter(({ username }) => users.includes(username)).map((one) => [one.deal_id, one.username]),
    );
    const open = dealIds.filter((dealId) => !owners.has(dealId));
    const turn = Number(row?.turn ?? 0);
    for (const [index, dealId] of open.entries())
      owners.set(dealId, users[(turn + index) % users.length] ?? '');
    if (open.length === 0) return owners;
    await tx.query(
      `INSERT INTO deal_owners AS o (connection_id, deal_id, username, assigned_at)
       SELECT $1, deal_id, username, $4 FROM unnest($2::uuid[], $3::text[]) AS n(deal_id, username)
       ON CONFLICT (connection_id, deal_id)
       DO UPDATE SET username = excluded.username, assigned_at = excluded.assigned_at`,
      [connectionId, open, open.map((dealId) => owners.get(dealId)), now],
    );
    await tx.query('UPDATE owner_turns SET turn = $2 WHERE connection_id = $1', [
      connectionId,
      turn + open.length,
    ]);
    return owners;
  });
}
