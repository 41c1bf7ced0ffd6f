import { mostRepushes } from '../mapping/field-owners.ts';
import type { Sql } from '../platform/database/database.ts';

/** Deleted in the CRM: a tombstone. Nothing writes to it and nothing recreates it without a person. */
export async function buryDeleted(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  if (dealIds.length === 0) return;
  await tx.query(
    `UPDATE mirrors SET state = 'tombstone', due_at = NULL, mirrored_hash = NULL, updated_at = $3, parked_at = NULL,
            last_error = jsonb_build_object('kind', 'not-found', 'plain', 'The record was deleted in the CRM.',
              'nextStep', 'Restore it there, or decide to create it anew.')
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])`,
    [connectionId, dealIds, now],
  );
}

/** Restored in the CRM: converge again. */
export async function reviveRestored(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  if (dealIds.length === 0) return;
  await tx.query(
    `UPDATE mirrors SET state = 'due', due_at = $3, mirrored_hash = NULL, last_error = NULL, updated_at = $3
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND state = 'tombstone'`,
    [connectionId, dealIds, now],
  );
}

/** A late writer put an older version over ours, or somebody changed a field of ours: forget that it was mirrored. */
export async function repushDrifted(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  if (dealIds.length === 0) return;
  await tx.query(
    `UPDATE mirrors
        SET state = 'due', due_at = $3, mirrored_hash = NULL, pushed_hash = NULL, updated_at = $3, repushed_version = mirrored_version,
            repushes = CASE WHEN repushed_version = mirrored_version THEN repushes + 1 ELSE 1 END
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND state = 'mirrored'
        AND (repushed_version IS DISTINCT FROM mirrored_version OR repushes < $4)`,
    [connectionId, dealIds, now, mostRepushes],
  );
}
