/** Looks up what the mapping names, once per wiring: an unlicensed object is refused here, never deal by deal. */
import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { NamesFound, NamesWanted, TagChild } from '../../../src/crm/tags.ts';
import type { SalesforceClient } from '../client.ts';
import { openDescriber } from '../describe-object.ts';
import { queries } from '../query.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';
import { DATA_PATH } from '../versions.ts';
import { campaignMembers } from './campaign-member.ts';
import { noteKinds } from './note-kinds.ts';
import { partnerRows } from './partner.ts';
import { PARTNER_ACCOUNT_FIELD } from './partner-account.ts';
import { accountTeam, dealTeam } from './team.ts';

const purpose = { stage: 'describe', write: false } as const;

const Objects = z.object({
  sobjects: z.array(
    z.object({
      name: z.string(),
      createable: z.boolean(),
      deletable: z.boolean(),
      queryable: z.boolean(),
    }),
  ),
});
const CampaignRow = z.object({ Id: z.string(), Name: z.string() });
const UserRow = z.object({ Id: z.string(), Username: z.string(), IsActive: z.boolean() });

type Fault = NamesFound['faults'][number];

export async function resolveNames(
  client: SalesforceClient,
  wanted: NamesWanted,
  options: CallOptions,
): Promise<NamesFound> {
  const objects = await usableObjects(client, options);
  const faults: Fault[] = wanted.children.flatMap((child) => childFault(objects, child));
  const hasCampaigns = wanted.campaigns.length === 0 || objects.has('Campaign');
  if (!hasCampaigns) faults.push(noObject('Campaign', 'tags.campaign', 'give it access to campaigns'));
  if (faults.length === 0) faults.push(...(await roleFaults(client, wanted, options)));
  const noteObject = wanted.note ? noteObjectOf(objects) : null;
  if (wanted.note && noteObject === null)
    faults.push(noObject('ContentNote', 'card.note', 'switch on notes'));
  if (wanted.partnerAccountField) faults.push(...(await partnerAccountFault(client, options)));
  return {
    campaigns: hasCampaigns ? await findCampaigns(client, wanted.campaigns, options) : new Map(),
    users: await findUsers(client, wanted.users, options),
    faults,
    noteObject,
  };
}

type Usable = ReadonlyMap<string, z.infer<typeof Objects>['sobjects'][number]>;

/** The org's objects as our user may use them: one that is switched off or hidden is not listed at all. */
async function usableObjects(client: SalesforceClient, options: CallOptions): Promise<Usable> {
  const request = { ...purpose, method: 'GET', path: `${DATA_PATH}/sobjects` } as const;
  const { sobjects } = await client.read(Objects, request, options);
  return new Map(sobjects.filter((one) => one.queryable).map((one) => [one.name, one]));
}

/** What each child needs, and what to do where it is missing. */
const children: Readonly<Record<TagChild, { object: string; section: string; remedy: string }>> = {
  partner: {
    object: partnerRows.object,
    section: 'tags.partners',
    remedy: 'switch on partners for opportunities and give it "View All Data"',
  },
  'campaign-member': {
    object: campaignMembers.object,
    section: 'tags.campaign.influence',
    remedy: 'give it access to campaigns',
  },
  'account-team': {
    object: accountTeam.object,
    section: 'tags.accountTeam',
    remedy: 'switch on account teams',
  },
  'deal-team': {
    object: dealTeam.object,
    section: 'tags.dealTeam',
    remedy: 'switch on Team Selling (opportunity teams)',
  },
};

function childFault(objects: Usable, child: TagChild): Fault[] {
  const { object, section, remedy } = children[child];
  const found = objects.get(object);
  if (found?.createable && found.deletable) return [];
  return [noObject(object, section, remedy)];
}

function noObject(object: string, section: string, remedy: string): Fault {
  const problem = `this org has no such object for our user to write, which ${section} of the mapping needs: ${remedy}, or take ${section} out`;
  return { object, field: '*', problem };
}

async function roleFaults(
  client: SalesforceClient,
  wanted: NamesWanted,
  options: CallOptions,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const { child, role } of wanted.roles) {
    const { object } = children[child];
    const name = child === 'partner' ? 'Role' : 'TeamMemberRole';
    const field = (await openDescriber(client)(object, options)).fields.get(name);
    if (field?.allowedValues && !field.allowedValues.includes(role))
      faults.push({ object, field: name, problem: `"${role}" is not among the roles this org offers` });
  }
  return faults;
}

async function partnerAccountFault(client: SalesforceClient, options: CallOptions): Promise<Fault[]> {
  const { fields } = await openDescriber(client)('Opportunity', options);
  if (fields.has(PARTNER_ACCOUNT_FIELD)) return [];
  const problem =
    'exists only with the partner community licence, which tags.partnerAccountId of the mapping needs: take it out';
  return [{ object: 'Opportunity', field: PARTNER_ACCOUNT_FIELD, problem }];
}

function noteObjectOf(objects: Usable): string | null {
  const usable = noteKinds.find(
    ({ object, parent }) =>
      objects.get(object)?.createable &&
      (parent !== undefined || objects.get('ContentDocumentLink')?.createable),
  );
  return usable?.object ?? null;
}

async function findCampaigns(
  client: SalesforceClient,
  names: readonly string[],
  options: CallOptions,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (names.length === 0) return found;
  const texts = splitBySize(names, valueSize).map((oneOf) =>
    soql({ from: 'Campaign', fields: ['Id', 'Name'], where: [{ field: 'Name', oneOf }] }),
  );
  const rows = await queries(client, CampaignRow, { ...purpose, soql: texts }, options);
  for (const row of rows) {
    // SOQL compares without regard to case.
    const name = names.find((one) => one.toLowerCase() === row.Name.toLowerCase()) ?? row.Name;
    found.set(name, [...(found.get(name) ?? []), row.Id]);
  }
  return found;
}

/** Users by their user names, asked anew wherever it matters whether they still work there. */
export async function findUsers(
  client: SalesforceClient,
  usernames: readonly string[],
  options: CallOptions,
): Promise<Map<string, { id: string; active: boolean }>> {
  if (usernames.length === 0) return new Map();
  const texts = splitBySize([...new Set(usernames)], valueSize).map((oneOf) =>
    soql({ from: 'User', fields: ['Id', 'Username', 'IsActive'], where: [{ field: 'Username', oneOf }] }),
  );
  const rows = await queries(client, UserRow, { ...purpose, soql: texts }, options);
  const byName = new Map(rows.map((row) => [row.Username.toLowerCase(), row]));
  return new Map(
    usernames.flatMap((name) => {
      const row = byName.get(name.toLowerCase());
      return row === undefined ? [] : [[name, { id: row.Id, active: row.IsActive }] as const];
    }),
  );
}
