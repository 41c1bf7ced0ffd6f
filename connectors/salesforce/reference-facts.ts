/** The raw facts of accounts and contacts by which they are recognised. */
import { z } from 'zod';
import type { FieldValue } from '../../src/crm/connector.ts';
import type { FoundRecord } from '../../src/crm/matching.ts';
import { apiName } from './soql.ts';

/** Names of an object's fields, as far as the integration user may read them. */
export type VisibleFields = ReadonlySet<string>;

interface Asked {
  kind: 'account' | 'contact';
  keyField: string;
  fields: readonly string[];
}

export const FactRow = z.looseObject({ Id: z.string() });
export type FactRow = z.infer<typeof FactRow>;

const standard = {
  account: ['Name', 'Website', 'BillingCountry', 'ParentId', 'IsPersonAccount', 'PersonEmail'],
  contact: ['Name', 'Email', 'AccountId', 'MailingCountry'],
} as const;

/** What is selected: a field that is hidden from us or not in the org would refuse the whole query. */
export function factFields({ kind, keyField, fields }: Asked, visible: VisibleFields): string[] {
  const wanted = [...standard[kind], keyField, ...fields].filter((field) => visible.has(field));
  return [...new Set(['Id', ...wanted.map(apiName)])];
}

export function toFound(row: FactRow, { kind, keyField, fields }: Asked): FoundRecord {
  const isAccount = kind === 'account';
  return {
    crmId: row.Id,
    name: text(row, 'Name') ?? '',
    key: text(row, keyField),
    website: text(row, 'Website'),
    country: text(row, isAccount ? 'BillingCountry' : 'MailingCountry'),
    email: text(row, isAccount ? 'PersonEmail' : 'Email'),
    parentId: text(row, 'ParentId'),
    accountId: isAccount ? null : text(row, 'AccountId'),
    isPerson: isAccount && row['IsPersonAccount'] === true,
    fields: Object.fromEntries(fields.map((field) => [field, scalar(row[field])])),
  };
}

function text(row: FactRow, field: string): string | null {
  const value = row[field];
  return typeof value === 'string' && value !== '' ? value : null;
}

function scalar(value: unknown): FieldValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
