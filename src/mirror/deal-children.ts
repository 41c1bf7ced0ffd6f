import { removableChildren, type DealTags, type RemovableChild } from '../crm/tags.ts';
import type { Sql } from '../platform/database/database.ts';

export interface MeantChild {
  dealId: string;
  kind: RemovableChild;
  /** The account or user it points to, by CRM id. */
  ref: string;
}

/** Remembers, before anything is sent, what we mean to hang on these deals. */
export async function rememberChildren(
  sql: Sql,
  connectionId: string,
  children: readonly MeantChild[],
  now: Date,
): Promise<void> {
  if (children.length === 0) return;
  await sql.query(
    `INSERT INTO deal_children (connection_id, deal_id, kind, ref, meant_at)
     SELECT $1, deal_id, kind, ref, $5 FROM unnest($2::uuid[], $3::text[], $4::text[]) AS c(deal_id, kind, ref)
     ON CONFLICT DO NOTHING`,
    [connectionId, ...columns(children), now],
  );
}

/** Everything we ever meant to hang on these deals and did not take away since. */
export async function meantChildren(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<ReadonlyMap<string, DealTags['ours']>> {
  const rows = await sql.query<{ deal_id: string; kind: RemovableChild; ref: string }>(
    'SELECT deal_id, kind, ref FROM deal_children WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])',
    [connectionId, dealIds],
  );
  const byDeal = new Map<string, Record<RemovableChild, string[]>>();
  for (const row of rows) {
    const ours = byDeal.get(row.deal_id) ?? { partner: [], 'deal-team': [] };
    ours[row.kind].push(row.ref);
    byDeal.set(row.deal_id, ours);
  }
  return byDeal;
}

/** The CRM is known to hold no other children of ours on these deals than the ones that stay. */
export async function forgetOtherChildren(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
  stay: readonly MeantChild[],
): Promise<void> {
  if (dealIds.length === 0) return;
  await sql.query(
    `DELETE FROM deal_children c
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])
        AND NOT EXISTS (SELECT 1 FROM unnest($3::uuid[], $4::text[], $5::text[]) AS s(deal_id, kind, ref)
                         WHERE s.deal_id = c.deal_id AND s.kind = c.kind AND s.ref = c.ref)`,
    [connectionId, dealIds, ...columns(stay)],
  );
}

/** What of the tags of a deal can be taken away again. */
export function removableOf(dealId: string, tags: DealTags): MeantChild[] {
  const refs = { partner: tags.partner?.accountId, 'deal-team': tags.dealTeam?.userId };
  return removableChildren.flatMap((kind) => {
    const ref = refs[kind];
    return ref === undefined ? [] : [{ dealId, kind, ref }];
  });
}

function columns(children: readonly MeantChild[]): [string[], string[], string[]] {
  return [
    children.map(({ dealId }) => dealId),
    children.map(({ kind }) => kind),
    children.map(({ ref }) => ref),
  ];
}
