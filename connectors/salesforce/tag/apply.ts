import type { CallOptions, LinkWanted } from '../../../src/crm/connector.ts';
import type { SyncError } from '../../../src/crm/sync-error.ts';
import type { TagResult } from '../../../src/crm/tags.ts';
import type { SalesforceClient } from '../client.ts';
import { campaignMembers, wantedCampaignMembers } from './campaign-member.ts';
import { syncChildren } from './children.ts';
import { syncNotes } from './note.ts';
import { partnerRows, wantedPartners } from './partner.ts';
import { readPartnerAccounts } from './partner-account.ts';
import { accountTeam, dealTeam, wantedAccountTeam, wantedDealTeam } from './team.ts';

/** Makes what marks each deal as a partner's be there, kind by kind: a few calls per kind, however many deals. */
export async function applyTags(
  client: SalesforceClient,
  links: readonly LinkWanted[],
  options: CallOptions,
): Promise<ReadonlyMap<string, TagResult>> {
  const tagged = links.filter((link) => link.tags !== undefined);
  if (tagged.length === 0) return new Map();
  const problems: ReadonlyMap<string, SyncError>[] = [
    await syncChildren(client, partnerRows, wantedPartners(tagged), options),
    await syncChildren(client, dealTeam, wantedDealTeam(tagged), options),
    await syncChildren(client, accountTeam, wantedAccountTeam(tagged), options),
    await syncChildren(client, campaignMembers, wantedCampaignMembers(tagged), options),
  ];
  const notes = await syncNotes(client, tagged, options);
  const partnerAccounts = await readPartnerAccounts(client, tagged, options);
  return new Map(
    tagged.map(({ key }): [string, TagResult] => {
      const note = notes.get(key);
      const error = problems.map((some) => some.get(key)).find((found) => found !== undefined) ?? note?.error;
      const partnerAccount = partnerAccounts.get(key);
      return [
        key,
        {
          ...(error === undefined ? {} : { error }),
          ...(note?.result === undefined ? {} : { note: note.result }),
          ...(partnerAccount === undefined ? {} : { partnerAccount }),
        },
      ];
    }),
  );
}
