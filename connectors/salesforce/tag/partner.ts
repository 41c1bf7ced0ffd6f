import type { LinkWanted } from '../../../src/crm/connector.ts';
import { sameId } from '../record-id.ts';
import type { ChildKind, WantedChild } from './children.ts';

/**
 * The opportunity's partners. Written through `Partner`, which can be created and deleted but not changed; Salesforce adds
 * the reverse row and shows both as OpportunityPartner (facts 1.9).
 */
export const partnerRows: ChildKind = {
  object: 'Partner',
  parent: 'OpportunityId',
  other: 'AccountToId',
  reads: ['Role', 'IsPrimary'],
};

/** Our partner of each deal that has one, or had one. */
export function wantedPartners(links: readonly LinkWanted[]): WantedChild[] {
  return links.flatMap((link): WantedChild[] => {
    const { tags } = link;
    const wanted = tags?.partner;
    if (tags === undefined || (wanted === undefined && tags.ours.partner.length === 0)) return [];
    const role = wanted?.role;
    return [
      {
        key: link.key,
        parentId: link.dealId,
        // The customer itself cannot be its own partner: Salesforce refuses the row.
        otherId:
          wanted === undefined || sameId(wanted.accountId) === sameId(link.accountId)
            ? null
            : wanted.accountId,
        ours: tags.ours.partner,
        fresh: link.fresh,
        same: (row) => role === undefined || row['Role'] === role,
        // Setting another primary would demote the one a rep chose.
        row: (stay) => ({
          IsPrimary: wanted?.primary === true && !stay.some((row) => row['IsPrimary'] === true),
          ...(role === undefined ? {} : { Role: role }),
        }),
      },
    ];
  });
}
