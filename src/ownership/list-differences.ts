import { z } from 'zod';
import type { Sql } from '../platform/database/database.ts';

export const DifferenceView = z.object({
  id: z.string(),
  connection: z.string(),
  dealId: z.uuid(),
  deal: z.string(),
  crmId: z.string(),
  field: z.string(),
  kind: z.enum(['changed-by-crm', 'drifted', 'summed']),
  sent: z.unknown(),
  found: z.unknown(),
  action: z.enum(['reported', 'restored']),
  state: z.enum(['open', 'noted', 'settled']),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  settledAt: z.iso.datetime().nullable(),
});
export type DifferenceView = z.infer<typeof DifferenceView>;

export interface DifferenceFilter {
  connectionId?: string | undefined;
  dealId?: string | undefined;
  /** Settled ones, too. */
  all?: boolean | undefined;
  limit: number;
}

type Row = Omit<DifferenceView, 'firstSeenAt' | 'lastSeenAt' | 'settledAt'> & {
  firstSeenAt: Date;
  lastSeenAt: Date;
  settledAt: Date | null;
};

/** Where the CRM holds, or was found to hold, something else than we sent. Newest first. */
export async function listDifferences(sql: Sql, filter: DifferenceFilter): Promise<DifferenceView[]> {
  const rows = await sql.query<Row>(
    `SELECT f.id::text, f.connection_id AS connection, f.deal_id AS "dealId", d.name AS deal, f.crm_id AS "crmId", f.field,
            f.kind, f.sent, f.found, f.action, f.state, f.first_seen_at AS "firstSeenAt", f.last_seen_at AS "lastSeenAt",
            f.settled_at AS "settledAt"
       FROM field_differences f JOIN deals d ON d.id = f.deal_id
      WHERE ($1::text IS NULL OR f.connection_id = $1) AND ($2::uuid IS NULL OR f.deal_id = $2)
        AND ($3 OR f.state <> 'settled')
      ORDER BY f.id DESC LIMIT $4`,
    [filter.connectionId ?? null, filter.dealId ?? null, filter.all ?? false, filter.limit],
  );
  return rows.map((row) => ({
    ...row,
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    settledAt: row.settledAt?.toISOString() ?? null,
  }));
}
