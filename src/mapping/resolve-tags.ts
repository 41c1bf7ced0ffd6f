import type { DealTags, NamesFound, NamesWanted, TagChild } from '../crm/tags.ts';
import type { Capabilities } from '../crm/connector.ts';
import type { RecordType } from '../crm/record-types.ts';
import type { MappingFault } from './fit.ts';
import type { ResolvedNames } from './resolved-names.ts';
import { WriteRow, type Mapping } from './schema.ts';
import { ownersNamed } from './sections/owner.ts';
import type { TeamTag } from './sections/tags.ts';

/** What the sections of a mapping name; null when there is nothing to look up, so that wiring costs no call more. */
export function namesWanted(mapping: Mapping): NamesWanted | null {
  const { tags, card, owner } = mapping;
  const campaign = tags?.campaign;
  const teams = [tags?.accountTeam, tags?.dealTeam].filter((team) => team !== undefined);
  const wanted: NamesWanted = {
    campaigns: unique([campaign?.name, ...Object.values(campaign?.byPartner ?? {})]),
    users: unique([
      ...teams.flatMap((team) => [team.user, ...Object.values(team.byPartner)]),
      ...(owner === undefined ? [] : ownersNamed(owner)),
    ]),
    children: childrenOf(mapping),
    roles: rolesOf(mapping),
    note: card?.note === 'on',
    partnerAccountField: tags?.partnerAccountId === 'check',
  };
  const { campaigns, users, children, note, partnerAccountField } = wanted;
  const isEmpty = campaigns.length + users.length + children.length === 0 && !note && !partnerAccountField;
  return isEmpty ? null : wanted;
}

function unique(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}

function childrenOf({ tags }: Mapping): TagChild[] {
  return [
    ...(tags?.partners ? (['partner'] as const) : []),
    ...(tags?.campaign?.influence ? (['campaign-member'] as const) : []),
    ...(tags?.accountTeam ? (['account-team'] as const) : []),
    ...(tags?.dealTeam ? (['deal-team'] as const) : []),
  ];
}

function rolesOf({ tags }: Mapping): NamesWanted['roles'] {
  return [
    ...(tags?.partners?.role === undefined ? [] : [{ child: 'partner', role: tags.partners.role } as const]),
    ...(tags?.accountTeam ? [{ child: 'account-team', role: tags.accountTeam.role } as const] : []),
    ...(tags?.dealTeam ? [{ child: 'deal-team', role: tags.dealTeam.role } as const] : []),
  ];
}

/** Names that this org does not have, or has more than once. */
export function nameFaults(wanted: NamesWanted, found: NamesFound): MappingFault[] {
  const campaigns = wanted.campaigns.flatMap((name): MappingFault[] => {
    const ids = found.campaigns.get(name) ?? [];
    if (ids.length === 1) return [];
    const problem =
      ids.length === 0
        ? `there is no campaign named "${name}" that our user can see`
        : `${ids.length} campaigns are named "${name}": rename all but one`;
    return [{ object: 'campaign', field: name, problem }];
  });
  const users = wanted.users.flatMap((name): MappingFault[] =>
    found.users.has(name)
      ? []
      : [{ object: 'user', field: name, problem: 'there is no user with this user name' }],
  );
  return [...found.faults, ...campaigns, ...users];
}

export function resolvedNames(found: NamesFound): ResolvedNames {
  return {
    campaigns: new Map(
      [...found.campaigns].flatMap(([name, [id]]) => (id === undefined ? [] : [[name, id]])),
    ),
    users: found.users,
    noteObject: found.noteObject,
  };
}

/** The tags that are fields of the deal, as rows like any other. */
export function tagRows(
  { tags }: Mapping,
  names: ResolvedNames,
  recordType: RecordType | null,
  fields: NonNullable<Capabilities['tagFields']>,
): WriteRow[] {
  const rows: object[] = [];
  if (tags?.leadSource)
    rows.push({ to: fields.leadSource, value: tags.leadSource.value, when: tags.leadSource.when });
  if (tags?.recordType && recordType)
    rows.push({ to: fields.recordType, value: recordType.id, when: tags.recordType.when });
  const campaign = tags?.campaign;
  if (campaign) {
    const values = Object.fromEntries(
      Object.entries(campaign.byPartner).map(([key, name]) => [key, names.campaigns.get(name) ?? '']),
    );
    // A partner without a campaign of its own and without a general one leaves the field alone.
    const otherwise = campaign.name === undefined ? '' : (names.campaigns.get(campaign.name) ?? '');
    const { when } = campaign;
    rows.push({ to: fields.campaign, from: 'partner.key', transforms: [{ values, otherwise }], when });
  }
  return rows.map((row) => WriteRow.parse(row));
}

/** What should hang on one deal; null when the mapping hangs nothing on deals and never did on this one. */
export function dealTags(
  { tags }: Mapping,
  names: ResolvedNames | undefined,
  deal: { partnerKey: string; partnerAccountId: string | null },
  ours: DealTags['ours'],
): DealTags | null {
  const wanted: DealTags = { ours };
  if (tags?.partners && deal.partnerAccountId !== null) {
    const { role, primary } = tags.partners;
    wanted.partner = { accountId: deal.partnerAccountId, primary, ...(role === undefined ? {} : { role }) };
  }
  const campaign = campaignOf(tags?.campaign, names, deal.partnerKey);
  if (tags?.campaign?.influence && campaign !== undefined) wanted.campaignMember = { campaignId: campaign };
  const accountTeam = memberOf(tags?.accountTeam, names, deal.partnerKey);
  if (accountTeam) wanted.accountTeam = accountTeam;
  const dealTeam = memberOf(tags?.dealTeam, names, deal.partnerKey);
  if (dealTeam) wanted.dealTeam = dealTeam;
  if (tags?.partnerAccountId === 'check') wanted.partnerAccountField = { expected: deal.partnerAccountId };
  const isEmpty = Object.keys(wanted).length === 1 && Object.values(ours).every((ids) => ids.length === 0);
  return isEmpty ? null : wanted;
}

function campaignOf(
  campaign: NonNullable<Mapping['tags']>['campaign'],
  names: ResolvedNames | undefined,
  partnerKey: string,
): string | undefined {
  const name = campaign?.byPartner[partnerKey] ?? campaign?.name;
  return name === undefined ? undefined : names?.campaigns.get(name);
}

/** Somebody who has left is no member of a team; the user's other teams are the administrator's to change. */
function memberOf(
  team: TeamTag | undefined,
  names: ResolvedNames | undefined,
  partnerKey: string,
): { userId: string; role: string } | undefined {
  const username = team?.byPartner[partnerKey] ?? team?.user;
  const user = username === undefined ? undefined : names?.users.get(username);
  return team === undefined || user === undefined || !user.active
    ? undefined
    : { userId: user.id, role: team.role };
}
