import type { Sql } from '../../platform/database/database.ts';

export interface PreviewedMirror {
  dealId: string;
  deal: string;
  crmId: string | null;
  accountKey: string;
  contactKey: string | null;
}

/** Deals of a connection by deal id, so that any number is read in even pages. What was deleted in the CRM stays deleted. */
export async function readMirrorsAfter(
  sql: Sql,
  connectionId: string,
  after: string,
  limit: number,
): Promise<PreviewedMirror[]> {
  return sql.query<PreviewedMirror>(
    `SELECT m.deal_id AS "dealId", d.name AS deal, m.crm_id AS "crmId", m.account_key AS "accountKey",
            m.contact_key AS "contactKey"
       FROM mirrors m JOIN deals d ON d.id = m.deal_id
      WHERE m.connection_id = $1 AND m.state <> 'tombstone' AND ($2 = '' OR m.deal_id > nullif($2, '')::uuid)
      ORDER BY m.deal_id LIMIT $3`,
    [connectionId, after, limit],
  );
}
