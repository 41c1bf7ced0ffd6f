import type { Sql } from '../platform/database/database.ts';

export interface DealFacts {
  name: string;
  source: string;
  sourceRef: string;
}

export interface PartnerFacts {
  key: string;
  name: string;
  email: string | null;
  country: string | null;
}

/** Names for ids, for messages and mails. */
export interface Parties {
  deal(id: string): DealFacts;
  partner(id: string): PartnerFacts;
}

export async function loadParties(
  tx: Sql,
  subjects: readonly { dealId: string; partnerId: string }[],
): Promise<Parties> {
  const deals = await tx.query<DealFacts & { id: string }>(
    'SELECT id, name, source, source_ref AS "sourceRef" FROM deals WHERE id = ANY($1)',
    [[...new Set(subjects.map((subject) => subject.dealId))]],
  );
  const partners = await tx.query<PartnerFacts & { id: string }>(
    'SELECT id, key, name, email, country FROM partners WHERE id = ANY($1)',
    [[...new Set(subjects.map((subject) => subject.partnerId))]],
  );
  const dealById = new Map(deals.map((deal) => [deal.id, deal]));
  const partnerById = new Map(partners.map((partner) => [partner.id, partner]));
  return {
    deal: (id) => required(dealById.get(id), 'deal', id),
    partner: (id) => required(partnerById.get(id), 'partner', id),
  };
}

function required<T>(found: T | undefined, kind: string, id: string): T {
  if (found === undefined) throw new Error(`${kind} ${id} is referred to but does not exist`);
  return found;
}
