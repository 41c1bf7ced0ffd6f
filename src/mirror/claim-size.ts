/** How large a claim may be and should be, in rows. */
export interface ClaimSize {
  most: number;
  /** The vendor's batch. */
  batch: number;
}

/**
 * SQL for how many rows one claim takes. At least one vendor batch; more, in whole batches, while there is enough for
 * every slot of the connection, because larger claims need fewer transactions and fuller calls. Rows are counted only as
 * far as all slots together could take.
 * @param dueRows SQL of the rows that may be claimed, with their `due_at`; never built from input
 * @param most placeholder of the largest claim
 * @param batch placeholder of the vendor's batch
 */
export function fairShare(dueRows: string, most: string, batch: string): string {
  return `(SELECT CASE WHEN due.count < ${batch}::int THEN due.count
                  ELSE least(${most}::int, greatest(${batch}::int, due.count / slots.count / ${batch}::int * ${batch}::int)) END
             FROM (SELECT greatest(1, count(*)::int) AS count FROM connection_slots
                    WHERE connection_id = $1 AND lane = 'push') slots,
                  LATERAL (SELECT count(*)::int AS count FROM (${dueRows} LIMIT ${most}::int * slots.count) counted) due)`;
}
