import { mailDomain } from './reference-keys.ts';
import type { OwnOfPartners } from './score-candidates.ts';

/** A partner who registered deals of an account. */
export interface PartnerFacts {
  name: string;
  email: string | null;
  accountId: string | null;
}

/** SQL over an account `r`. Looked up deal by deal, not joined: see promoteForgotten. */
export const partnersOfAccount = `
  SELECT jsonb_agg(DISTINCT jsonb_build_object('name', p.name, 'email', p.email, 'accountId', p.crm_id))
    FROM mirrors m CROSS JOIN LATERAL (
      SELECT name, email, (SELECT l.crm_id FROM partner_links l WHERE l.partner_id = partners.id AND l.connection_id = $1) AS crm_id
        FROM partners WHERE id = (SELECT d.partner_id FROM deals d WHERE d.id = m.deal_id) OFFSET 0) p
   WHERE m.connection_id = $1 AND m.account_key = r.key`;

export function ownOf(partners: readonly PartnerFacts[]): OwnOfPartners {
  return {
    names: partners.map(({ name }) => name),
    domains: partners.flatMap(({ email }) => mailDomain(email) ?? []),
    accountIds: partners.flatMap(({ accountId }) => accountId ?? []),
  };
}
