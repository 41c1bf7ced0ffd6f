import type { Sql } from '../platform/database/database.ts';
import type { PartnerView } from './partner.ts';

/** All partners by key, each with its tier on `day` ('YYYY-MM-DD') and its tier history. */
export function listPartners(sql: Sql, day: string): Promise<PartnerView[]> {
  return selectPartners(sql, day, null);
}

/** Null when no partner has the key. */
export async function findPartner(sql: Sql, key: string, day: string): Promise<PartnerView | null> {
  const [partner] = await selectPartners(sql, day, key);
  return partner ?? null;
}

function selectPartners(sql: Sql, day: string, key: string | null): Promise<PartnerView[]> {
  return sql.query<PartnerView>(
    `SELECT p.id, p.key, p.name, p.email, p.country,
            CASE WHEN p.channel_manager_name IS NOT NULL
                 THEN jsonb_build_object('name', p.channel_manager_name, 'email', p.channel_manager_email)
            END AS "channelManager",
            (SELECT t.tier FROM partner_tiers t WHERE t.partner_id = p.id AND t.effective_from <= $1::date
              ORDER BY t.effective_from DESC LIMIT 1) AS tier,
            coalesce((SELECT jsonb_agg(jsonb_build_object('tier', t.tier, 'from', t.effective_from) ORDER BY t.effective_from)
                        FROM partner_tiers t WHERE t.partner_id = p.id), '[]') AS tiers
       FROM partners p WHERE $2::text IS NULL OR p.key = $2 ORDER BY p.key`,
    [day, key],
  );
}
