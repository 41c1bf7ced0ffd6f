import type { LinkWanted } from '../../../src/crm/connector.ts';
import type { ChildKind, WantedChild } from './children.ts';

/** Exists only with account teams switched on. */
export const accountTeam: ChildKind = {
  object: 'AccountTeamMember',
  parent: 'AccountId',
  other: 'UserId',
  reads: ['TeamMemberRole'],
};

/** Exists only with Team Selling switched on. */
export const dealTeam: ChildKind = {
  object: 'OpportunityTeamMember',
  parent: 'OpportunityId',
  other: 'UserId',
  reads: ['TeamMemberRole'],
};

/** Members of the account's team only get more: other deals of the customer, by other partners, need theirs. */
export function wantedAccountTeam(links: readonly LinkWanted[]): WantedChild[] {
  return links.flatMap(({ key, accountId, tags }) => {
    const member = tags?.accountTeam;
    if (member === undefined) return [];
    const row = () => ({ TeamMemberRole: member.role });
    return [
      { key, parentId: accountId, otherId: member.userId, ours: [], fresh: false, same: () => true, row },
    ];
  });
}

export function wantedDealTeam(links: readonly LinkWanted[]): WantedChild[] {
  return links.flatMap(({ key, dealId, fresh, tags }): WantedChild[] => {
    const member = tags?.dealTeam;
    if (tags === undefined || (member === undefined && tags.ours['deal-team'].length === 0)) return [];
    return [
      {
        key,
        parentId: dealId,
        otherId: member?.userId ?? null,
        ours: tags.ours['deal-team'],
        fresh,
        same: (row) => row['TeamMemberRole'] === member?.role,
        row: () => (member === undefined ? {} : { TeamMemberRole: member.role }),
      },
    ];
  });
}
