import type { CallOptions } from '../../../src/crm/connector.ts';
import type { NamesFound, NamesWanted } from '../../../src/crm/tags.ts';
import type { Caller } from '../call.ts';
import { readOwners } from '../owners.ts';
import type { PartnerLabel } from './partner-label.ts';
import { NOTES } from './note.ts';

/** Users by e-mail, and what of the mapping's sections this portal cannot follow. */
export async function resolveNames(
  call: Caller,
  labelOf: PartnerLabel,
  wanted: NamesWanted,
  options: CallOptions,
): Promise<NamesFound> {
  const usernames = wanted.users;
  const { users } =
    usernames.length === 0
      ? { users: new Map() }
      : await readOwners(call, { object: 'companies', accountIds: [], usernames }, options);
  const hasLabel = !wanted.children.includes('partner') || (await labelOf(options)) !== null;
  const unknown = wanted.children.filter((child) => child !== 'partner');
  const fault = (field: string, problem: string): NamesFound['faults'][number] => ({
    object: 'mapping',
    field,
    problem,
  });
  const cannot = 'HubSpot has nothing of this kind: take it out of the mapping';
  return {
    campaigns: new Map(),
    users,
    faults: [
      ...unknown.map((child) => fault(`tags: ${child}`, cannot)),
      ...(wanted.partnerAccountField ? [fault('tags.partnerAccountId', cannot)] : []),
      ...(hasLabel ? [] : [fault('tags.partners', whyNoLabel(labelOf))]),
    ],
    noteObject: wanted.note ? NOTES : null,
  };
}

function whyNoLabel(labelOf: PartnerLabel): string {
  const refused = labelOf.refused();
  return refused === null
    ? 'the portal has no label "Partner of record": run tributary provision hubspot'
    : `HubSpot does not show us the portal's association labels: ${refused.details.plain}`;
}
