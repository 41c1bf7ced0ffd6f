import { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { Owner, OwnersFound, OwnersWanted } from '../../src/crm/owners.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { sameId } from './record-id.ts';
import { apiName, soql, splitBySize, valueSize } from './soql.ts';

const purpose = { stage: 'lookup', write: false } as const;
const AccountRow = z.looseObject({ Id: z.string(), OwnerId: z.string() });
const UserRow = z.object({ Id: z.string(), Username: z.string(), IsActive: z.boolean() });

/** The owners of the accounts and the users named: two or three requests for a whole batch. */
export async function readOwners(
  client: SalesforceClient,
  wanted: OwnersWanted,
  options: CallOptions,
): Promise<OwnersFound> {
  const { userId } = await client.sessions.current(purpose, options);
  const accounts = await readAccounts(client, wanted, options);
  const ownerIds = [...new Set(accounts.map((row) => row.OwnerId))];
  const users = [
    ...(await readUsers(client, 'Id', ownerIds, options)),
    ...(await readUsers(client, 'Username', wanted.usernames, options)),
  ].map(({ Id, Username, IsActive }): Owner => ({
    id: Id,
    username: Username,
    active: IsActive,
    ours: sameId(Id) === sameId(userId),
  }));
  const byId = new Map(users.map((user) => [sameId(user.id), user]));
  const byName = new Map(users.map((user) => [user.username.toLowerCase(), user]));
  const byAccount = new Map(accounts.map((row) => [sameId(row.Id), row]));
  return {
    accounts: new Map(
      wanted.accountIds.flatMap((id) => {
        const row = byAccount.get(sameId(id));
        if (row === undefined) return [];
        const field = wanted.accountField === undefined ? null : row[wanted.accountField];
        const owner = byId.get(sameId(row.OwnerId)) ?? null;
        return [[id, { owner, field: typeof field === 'string' ? field : null }] as const];
      }),
    ),
    users: new Map(
      wanted.usernames.flatMap((name) => {
        const user = byName.get(name.toLowerCase());
        return user === undefined ? [] : [[name, user] as const];
      }),
    ),
  };
}

async function readAccounts(
  client: SalesforceClient,
  { object, accountIds, accountField }: OwnersWanted,
  options: CallOptions,
): Promise<z.infer<typeof AccountRow>[]> {
  const fields = ['Id', 'OwnerId', ...(accountField === undefined ? [] : [apiName(accountField)])];
  const texts = splitBySize([...new Set(accountIds)], valueSize).map((oneOf) =>
    soql({ from: object, fields, where: [{ field: 'Id', oneOf }] }),
  );
  return queries(client, AccountRow, { ...purpose, soql: texts }, options);
}

async function readUsers(
  client: SalesforceClient,
  field: 'Id' | 'Username',
  values: readonly string[],
  options: CallOptions,
): Promise<z.infer<typeof UserRow>[]> {
  const texts = splitBySize([...new Set(values)], valueSize).map((oneOf) =>
    soql({ from: 'User', fields: ['Id', 'Username', 'IsActive'], where: [{ field, oneOf }] }),
  );
  return queries(client, UserRow, { ...purpose, soql: texts }, options);
}
