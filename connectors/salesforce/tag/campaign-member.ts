import type { LinkWanted } from '../../../src/crm/connector.ts';
import type { ChildKind, WantedChild } from './children.ts';

/** Read by contact: a campaign may have more members than anyone wants to read. */
export const campaignMembers: ChildKind = {
  object: 'CampaignMember',
  parent: 'ContactId',
  other: 'CampaignId',
  reads: ['Status'],
};

/** The deal's contact becomes a member of its campaign, by which Salesforce gives the campaign its influence. */
export function wantedCampaignMembers(links: readonly LinkWanted[]): WantedChild[] {
  return links.flatMap(({ key, contactId, tags }) => {
    const campaignId = tags?.campaignMember?.campaignId;
    if (campaignId === undefined || contactId === undefined) return [];
    const row = () => ({});
    return [{ key, parentId: contactId, otherId: campaignId, ours: [], fresh: false, same: () => true, row }];
  });
}
