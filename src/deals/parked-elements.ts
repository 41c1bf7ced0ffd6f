import type { Database, Sql } from '../platform/database/database.ts';
import type { DealContext } from './ports.ts';
import { takeElements } from './process-prm-events.ts';
import type { ElementOutcome } from './process-prm-events.ts';
import type { PrmElementKind } from './prm-message.ts';

export interface ParkedElement {
  id: bigint;
  source: string;
  webhook_id: string;
  position: number;
  kind: PrmElementKind | 'message';
  element: string;
  reason: string;
  parked_at: Date;
}

const SELECT_OPEN = `SELECT k.id, e.source, e.webhook_id, k.position, k.kind, k.element, k.reason, k.parked_at
  FROM intake_parked k JOIN intake_events e ON e.id = k.intake_event_id WHERE k.resolved_at IS NULL`;

/** What needs a person, oldest first. */
export function listParked(sql: Sql, limit: number): Promise<ParkedElement[]> {
  return sql.query<ParkedElement>(`${SELECT_OPEN} ORDER BY k.id LIMIT $1`, [limit]);
}

/**
 * Takes a parked element again, after its cause was removed (a missing partner was added). Null when there is no
 * such open element. It stays parked, with the present reason, when it fails again.
 */
export function retryParked(
  db: Database,
  id: bigint,
  by: string,
  context: DealContext,
): Promise<ElementOutcome | null> {
  const now = context.clock.now();
  return db.transaction(async (tx) => {
    const [parked] = await tx.query<ParkedElement>(`${SELECT_OPEN} AND k.id = $1 FOR UPDATE OF k`, [id]);
    if (parked === undefined) return null;
    if (parked.kind === 'message') return { outcome: 'unreadable', reason: parked.reason };
    const element: unknown = JSON.parse(parked.element);
    const [outcome] = await takeElements(tx, parked, parked.kind, [element], context, [parked.position]);
    if (outcome === undefined) throw new Error(`no outcome for parked element ${id}`);
    if (outcome.reason === undefined) {
      await tx.query('UPDATE intake_parked SET resolved_at = $2, resolved_by = $3 WHERE id = $1', [
        id,
        now,
        by,
      ]);
    } else {
      await tx.query('UPDATE intake_parked SET reason = $2 WHERE id = $1', [id, outcome.reason]);
    }
    return outcome;
  });
}
