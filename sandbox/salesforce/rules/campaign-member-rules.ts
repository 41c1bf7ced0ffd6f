import { DmlError } from '../dml/dml-error.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import { moveShare } from './campaign-counts.ts';
import type { RecordRules } from './contract.ts';

/** A member of a campaign is a lead or a contact, and shows that record's name, address and numbers as its own. */
export const campaignMemberRules: RecordRules = {
  derive(org, values, before) {
    if (values['Status'] !== undefined) values['HasResponded'] = values['Status'] === 'Responded';
    if (before !== undefined) return;
    const member = memberOf(org, values);
    refuseTwice(org, values);
    copy(values, member.row, FROM_BOTH);
    if (member.object === 'Lead') copy(values, member.row, FROM_LEADS);
    values['Type'] = member.object;
    values['LeadOrContactId'] = member.row['Id'] ?? null;
    values['LeadOrContactOwnerId'] = member.row['OwnerId'] ?? null;
    values['CompanyOrAccount'] = companyOf(org, member);
  },
  followUp(org, transaction, after, before) {
    moveShare(org, transaction, memberShare, after, before);
  },
  afterDelete(org, transaction, row) {
    moveShare(org, transaction, memberShare, undefined, { ...row, IsDeleted: false });
  },
};

function memberShare(row: Row): Record<string, number> {
  const isContact = row['ContactId'] !== undefined;
  return {
    NumberOfContacts: isContact ? 1 : 0,
    NumberOfLeads: isContact ? 0 : 1,
    NumberOfResponses: row['HasResponded'] === true ? 1 : 0,
  };
}

/** Provoked by: a lead or contact that is in the campaign already. */
function refuseTwice(org: Org, values: Values): void {
  const table = org.table('CampaignMember');
  const by = typeof values['ContactId'] === 'string' ? 'ContactId' : 'LeadId';
  for (const id of table.lookup(by, String(values[by])) ?? []) {
    const row = table.get(id);
    if (row?.['CampaignId'] === values['CampaignId'] && row?.['IsDeleted'] === false)
      throw new DmlError('DUPLICATE_VALUE', 'Already a campaign member.');
  }
}

const FROM_BOTH = [
  'Salutation',
  'Name',
  'FirstName',
  'LastName',
  'Title',
  'Email',
  'Phone',
  'Fax',
  'MobilePhone',
  'Description',
  'DoNotCall',
  'HasOptedOutOfEmail',
  'HasOptedOutOfFax',
  'LeadSource',
] as const;

const FROM_LEADS = ['Street', 'City', 'State', 'PostalCode', 'Country'] as const;

interface Member {
  object: 'Lead' | 'Contact';
  row: Row;
}

function memberOf(org: Org, values: Values): Member {
  const { LeadId: lead, ContactId: contact } = values;
  const object = typeof contact === 'string' ? 'Contact' : 'Lead';
  const id = object === 'Contact' ? contact : lead;
  const row = typeof id === 'string' ? org.table(object).get(id) : undefined;
  if (row === undefined) {
    throw new DmlError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [LeadId]', ['LeadId']);
  }
  return { object, row };
}

function copy(values: Values, from: Row, names: readonly string[]): void {
  for (const name of names) {
    const value = from[name];
    if (value !== undefined) values[name] = value;
  }
}

function companyOf(org: Org, { object, row }: Member): string | null {
  const company =
    object === 'Lead' ? row['Company'] : org.table('Account').get(String(row['AccountId']))?.['Name'];
  return typeof company === 'string' ? company : null;
}
