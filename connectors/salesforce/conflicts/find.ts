import { z } from 'zod';
import type { ConflictingRecord, ConflictsWanted } from '../../../src/crm/conflicts.ts';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { SalesforceClient } from '../client.ts';
import { websitesOf } from '../match.ts';
import { queries } from '../query.ts';
import { apiName, soql, type Condition } from '../soql.ts';

const purpose = { stage: 'lookup', write: false } as const;
/** Shown to a person: more than this nobody reads. */
const MOST = 50;

const Row = z.looseObject({
  attributes: z.object({ type: z.string() }),
  Id: z.string(),
  Name: z.string().nullish(),
  OwnerId: z.string().nullish(),
  AccountId: z.string().nullish(),
});
type Row = z.infer<typeof Row>;

/**
 * Open leads of the same customer, and open opportunities of its account: found by e-mail address, e-mail domain, website and
 * name. Three calls at most.
 */
export async function findConflicts(
  client: SalesforceClient,
  object: string,
  keyField: string,
  wanted: ConflictsWanted,
  options: CallOptions,
): Promise<readonly ConflictingRecord[]> {
  const rows = await queries(client, Row, { ...purpose, soql: questions(wanted) }, options);
  const reasons = reasonsByAccount(rows, wanted);
  const deals = await openDeals(client, object, keyField, [...reasons.keys()], options);
  const leads = rows.filter((row) => row.attributes.type === 'Lead');
  const found = new Map([...leads, ...deals].map((row) => [row.Id, row]));
  const owners = await ownerNames(client, [...found.values()], options);
  return [...found.values()].map((row) => ({
    object: row.attributes.type,
    crmId: row.Id,
    name: row.Name ?? row.Id,
    condition: textOf(row, 'StageName') ?? textOf(row, 'Status'),
    owner: owners.get(row.OwnerId ?? '') ?? null,
    registration: row.attributes.type === 'Lead' ? null : textOf(row, keyField),
    because:
      row.attributes.type === 'Lead'
        ? reasonOfLead(row, wanted)
        : (reasons.get(row.AccountId ?? '') ?? 'same account'),
  }));
}

function questions({ company, domain, email }: ConflictsWanted): string[] {
  const open = { field: 'IsConverted', is: false };
  const lead = (what: Condition): string =>
    soql({
      from: 'Lead',
      fields: ['Id', 'Name', 'Company', 'Email', 'Website', 'Status', 'OwnerId'],
      where: [open, what],
      limit: MOST,
    });
  const account = (what: Condition): string =>
    soql({ from: 'Account', fields: ['Id', 'Name', 'Website'], where: [what], limit: MOST });
  const contact = (what: Condition): string =>
    soql({ from: 'Contact', fields: ['Id', 'AccountId', 'Email'], where: [what], limit: MOST });
  return [
    lead({ field: 'Company', oneOf: [company] }),
    account({ field: 'Name', oneOf: [company] }),
    ...(email === undefined
      ? []
      : [lead({ field: 'Email', oneOf: [email] }), contact({ field: 'Email', oneOf: [email] })]),
    ...(domain === undefined
      ? []
      : [
          lead({ field: 'Email', endsWith: `@${domain}` }),
          lead({ field: 'Website', oneOf: websitesOf(domain) }),
          account({ field: 'Website', oneOf: websitesOf(domain) }),
        ]),
  ];
}

function reasonsByAccount(rows: readonly Row[], wanted: ConflictsWanted): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const row of rows) {
    const { type } = row.attributes;
    if (type === 'Contact' && row.AccountId)
      reasons.set(row.AccountId, `its account has the contact ${wanted.email ?? ''}`);
    if (type === 'Account' && !reasons.has(row.Id))
      reasons.set(
        row.Id,
        row.Name?.toLowerCase() === wanted.company.toLowerCase()
          ? `its account is named ${wanted.company}`
          : `its account has the website ${wanted.domain ?? ''}`,
      );
  }
  return reasons;
}

function reasonOfLead(row: Row, { company, domain, email }: ConflictsWanted): string {
  const address = textOf(row, 'Email')?.toLowerCase();
  if (email !== undefined && address === email.toLowerCase()) return `same e-mail address ${email}`;
  if (domain !== undefined && address?.endsWith(`@${domain}`)) return `same e-mail domain ${domain}`;
  if (textOf(row, 'Company')?.toLowerCase() === company.toLowerCase()) return `same company ${company}`;
  return `same website ${domain ?? ''}`;
}

async function openDeals(
  client: SalesforceClient,
  object: string,
  keyField: string,
  accountIds: readonly string[],
  options: CallOptions,
): Promise<Row[]> {
  if (accountIds.length === 0) return [];
  const text = soql({
    from: object,
    fields: ['Id', 'Name', 'StageName', 'OwnerId', 'AccountId', apiName(keyField)],
    where: [
      { field: 'IsClosed', is: false },
      { field: 'AccountId', oneOf: accountIds },
    ],
    limit: MOST,
  });
  return queries(client, Row, { ...purpose, soql: [text] }, options);
}

async function ownerNames(
  client: SalesforceClient,
  rows: readonly Row[],
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.flatMap((row) => (row.OwnerId ? [row.OwnerId] : [])))];
  if (ids.length === 0) return new Map();
  const text = soql({ from: 'User', fields: ['Id', 'Name'], where: [{ field: 'Id', oneOf: ids }] });
  const users = await queries(client, Row, { ...purpose, soql: [text] }, options);
  return new Map(users.map((user) => [user.Id, user.Name ?? '']));
}

function textOf(row: Row, field: string): string | null {
  const value = row[field];
  return typeof value === 'string' && value !== '' ? value : null;
}
