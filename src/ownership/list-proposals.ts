import { z } from 'zod';
import type { Sql } from '../platform/database/database.ts';

export const proposalStates = ['open', 'accepted', 'declined', 'superseded'] as const;

export const ProposalView = z.object({
  id: z.string(),
  connection: z.string(),
  dealId: z.uuid(),
  deal: z.string(),
  partner: z.string(),
  record: z.enum(['deal', 'contact']),
  crmId: z.string().nullable(),
  field: z.string(),
  held: z.unknown().describe('what the CRM holds, as far as known; accepting writes only over this'),
  proposed: z.unknown(),
  proposedText: z.string().nullable().describe('in words, where the value is an id'),
  state: z.enum(proposalStates),
  proposedBy: z.string(),
  proposedAt: z.iso.datetime(),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  note: z.string().nullable(),
});
export type ProposalView = z.infer<typeof ProposalView>;

export interface ProposalFilter {
  id?: string | undefined;
  connectionId?: string | undefined;
  dealId?: string | undefined;
  /** Decided and superseded ones, too. */
  all?: boolean | undefined;
  limit: number;
}

type Row = Omit<ProposalView, 'proposedAt' | 'decidedAt'> & { proposedAt: Date; decidedAt: Date | null };

/** In the words of the index: the few that wait are found among the many that were decided. */
const waiting = "f.state = 'open'";

/** What partners changed in fields of the rep; newest first. */
export async function listProposals(sql: Sql, filter: ProposalFilter): Promise<ProposalView[]> {
  const rows = await sql.query<Row>(
    `SELECT f.id::text, f.connection_id AS connection, f.deal_id AS "dealId", d.name AS deal, p.name AS partner, f.record,
            CASE f.record WHEN 'deal' THEN m.crm_id ELSE f.crm_id END AS "crmId", f.field, f.held, f.proposed,
            f.proposed_text AS "proposedText", f.state, f.proposed_by AS "proposedBy", f.proposed_at AS "proposedAt",
            f.decided_by AS "decidedBy", f.decided_at AS "decidedAt", f.note
       FROM field_proposals f JOIN deals d ON d.id = f.deal_id JOIN partners p ON p.id = d.partner_id
       LEFT JOIN mirrors m ON m.deal_id = f.deal_id AND m.connection_id = f.connection_id
      WHERE ($1::bigint IS NULL OR f.id = $1) AND ($2::text IS NULL OR f.connection_id = $2)
        AND ($3::uuid IS NULL OR f.deal_id = $3) AND ${filter.all ? 'true' : waiting}
      ORDER BY f.id DESC LIMIT $4`,
    [filter.id ?? null, filter.connectionId ?? null, filter.dealId ?? null, filter.limit],
  );
  return rows.map((row) => ({
    ...row,
    proposedAt: row.proposedAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  }));
}
