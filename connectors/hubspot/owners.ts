import type { CallOptions } from '../../src/crm/connector.ts';
import type { Owner, OwnersFound, OwnersWanted } from '../../src/crm/owners.ts';
import type { Caller } from './call.ts';
import { assign, readBatch } from './read-batch.ts';
import { OwnersAnswer } from './schema.ts';
import { ownersPath } from './versions.ts';

const site = { stage: 'lookup', write: false } as const;
const OWNER = 'hubspot_owner_id';
/** The most ids of one read. */
const READ = 100;

/**
 * Owners of the companies, and the users named by their e-mail addresses, in any case. HubSpot keeps those who left as archived
 * owners: records stay theirs. Nobody is us: an app owns no records.
 */
export async function readOwners(
  call: Caller,
  wanted: OwnersWanted,
  options: CallOptions,
): Promise<OwnersFound> {
  const owners = [...(await listOwners(call, true, options)), ...(await listOwners(call, false, options))];
  const byId = new Map(owners.map((owner) => [owner.id, owner]));
  // The active come last: somebody who came back under the same address counts as active.
  const byEmail = new Map(owners.map((owner) => [owner.username.toLowerCase(), owner]));
  return {
    accounts: await ownersOfCompanies(call, wanted, byId, options),
    users: new Map(
      wanted.usernames.flatMap((name) => {
        const owner = byEmail.get(name.toLowerCase());
        return owner === undefined ? [] : [[name, owner] as const];
      }),
    ),
  };
}

export async function listOwners(call: Caller, archived: boolean, options: CallOptions): Promise<Owner[]> {
  const owners: Owner[] = [];
  let after: string | undefined;
  do {
    const path = ownersPath(archived, after);
    const { data } = await call(site, { method: 'GET', path }, OwnersAnswer, options);
    owners.push(
      ...data.results.map(({ id, email = '' }) => ({ id, username: email, active: !archived, ours: false })),
    );
    after = data.paging?.next?.after;
  } while (after !== undefined);
  return owners;
}

async function ownersOfCompanies(
  call: Caller,
  { object, accountIds, accountField }: OwnersWanted,
  owners: ReadonlyMap<string, Owner>,
  options: CallOptions,
): Promise<OwnersFound['accounts']> {
  const ids = [...new Set(accountIds)];
  const fields = [OWNER, ...(accountField === undefined ? [] : [accountField])];
  const found: [string, { owner: Owner | null; field: string | null }][] = [];
  for (let start = 0; start < ids.length; start += READ) {
    const part = ids.slice(start, start + READ);
    const { records } = await readBatch(call, { object, ids: part, fields, site }, options);
    for (const [id, { properties }] of assign(part, records)) {
      const field = accountField === undefined ? null : properties[accountField];
      const owner = owners.get(String(properties[OWNER] ?? '')) ?? null;
      found.push([id, { owner, field: typeof field === 'string' && field !== '' ? field : null }]);
    }
  }
  return new Map(found);
}
