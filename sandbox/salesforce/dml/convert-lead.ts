import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { DmlError } from './dml-error.ts';
import { insertRecord } from './insert.ts';
import type { Input } from './read-input.ts';
import { editByPlatform, saveRecord } from './save-record.ts';
import { existingRecord } from './update.ts';

/** How to convert a lead. Ids are of records to use instead of new ones. */
export interface LeadConversion {
  leadId: string;
  convertedStatus?: string | undefined;
  accountId?: string | undefined;
  contactId?: string | undefined;
  /** An opportunity of the same account that is there already; then none is made. */
  opportunityId?: string | undefined;
  opportunityName?: string | undefined;
  doNotCreateOpportunity?: boolean | undefined;
  ownerId?: string | undefined;
}

/** What a lead became. */
export interface ConvertedLead {
  leadId: string;
  accountId: string;
  contactId: string;
  opportunityId: string | null;
}

const DEFAULT_STATUS = 'Closed - Converted';

/**
 * Turns a lead into an account, a contact and an opportunity. Custom fields go along into fields of the same name:
 * how a deal registered on a lead reaches the opportunity (facts 1.9 d).
 * Throws a DmlError, CANNOT_UPDATE_CONVERTED_LEAD when it was converted before.
 */
export function convertLead(org: Org, transaction: Transaction, how: LeadConversion): ConvertedLead {
  const leads = org.table('Lead');
  const lead = existingRecord(org, leads.type, how.leadId);
  if (lead['IsConverted'] === true)
    throw new DmlError('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead');
  const status = convertedStatus(org, how.convertedStatus);
  const owner = { OwnerId: how.ownerId ?? lead['OwnerId'] };
  const accountId = how.accountId ?? create(org, transaction, 'Account', lead, accountOf(lead, owner));
  const contactId =
    how.contactId ??
    create(org, transaction, 'Contact', lead, { ...contactOf(lead, owner), AccountId: accountId });
  checkGiven(org, how, accountId);
  const opportunityId =
    how.opportunityId !== undefined
      ? existingOpportunity(org, how.opportunityId, accountId)
      : how.doNotCreateOpportunity === true
        ? null
        : create(org, transaction, 'Opportunity', lead, {
            ...opportunityOf(org, lead, owner),
            Name: how.opportunityName ?? lead['Company'],
            AccountId: accountId,
            ContactId: contactId,
          });
  const values: Values = {
    IsConverted: true,
    Status: status,
    ConvertedDate: org.clock.now().toISOString().slice(0, 10),
    ConvertedAccountId: accountId,
    ConvertedContactId: contactId,
    ConvertedOpportunityId: opportunityId,
  };
  const written = Object.keys(values);
  saveRecord(org, transaction, { type: leads.type, values, before: lead, written });
  moveMemberships(org, transaction, lead['Id'] as string, contactId);
  return { leadId: lead['Id'] as string, accountId, contactId, opportunityId };
}

function convertedStatus(org: Org, wanted: string | undefined): string {
  const known = org.table('Lead').type.field('Status')?.picklist ?? [];
  const status = wanted ?? DEFAULT_STATUS;
  if (known.includes(status)) return status;
  throw new DmlError('INVALID_STATUS', `invalid convertedStatus: ${status}`);
}

function checkGiven(org: Org, how: LeadConversion, accountId: string): void {
  if (how.accountId !== undefined) existingRecord(org, org.table('Account').type, how.accountId);
  if (how.contactId === undefined) return;
  const contact = existingRecord(org, org.table('Contact').type, how.contactId);
  if (contact['AccountId'] !== accountId)
    throw new DmlError('INVALID_CROSS_REFERENCE_KEY', 'the contact belongs to another account');
}

function existingOpportunity(org: Org, id: string, accountId: string): string {
  const opportunity = existingRecord(org, org.table('Opportunity').type, id);
  if (opportunity['AccountId'] === accountId) return opportunity['Id'] as string;
  throw new DmlError('INVALID_CROSS_REFERENCE_KEY', 'the opportunity belongs to another account');
}

function create(
  org: Org,
  transaction: Transaction,
  object: string,
  lead: Row,
  fields: Record<string, unknown>,
): string {
  const { type } = org.table(object);
  const input: Record<string, unknown> = { ...customFields(org, lead, object), ...fields };
  for (const name in input) if (input[name] === undefined) Reflect.deleteProperty(input, name);
  return insertRecord(org, transaction, type, input as Input)['Id'] as string;
}

function customFields(org: Org, lead: Row, object: string): Record<string, unknown> {
  const target = org.table(object).type;
  const shared = org
    .table('Lead')
    .type.fields.filter((field) => field.custom && target.field(field.name)?.createable === true);
  return Object.fromEntries(shared.map((field) => [field.name, lead[field.name]]));
}

function address(lead: Row, prefix: string): Record<string, unknown> {
  const parts = ['Street', 'City', 'State', 'PostalCode', 'Country'];
  return Object.fromEntries(parts.map((part) => [`${prefix}${part}`, lead[part]]));
}

function accountOf(lead: Row, owner: Record<string, unknown>): Record<string, unknown> {
  const { Company: Name, Phone, Fax, Website, Industry, Rating, AnnualRevenue, NumberOfEmployees } = lead;
  return {
    ...{ Name, Phone, Fax, Website, Industry, Rating, AnnualRevenue, NumberOfEmployees },
    AccountSource: lead['LeadSource'],
    ...address(lead, 'Billing'),
    ...owner,
  };
}

function contactOf(lead: Row, owner: Record<string, unknown>): Record<string, unknown> {
  const { FirstName, LastName, Salutation, Title, Email, Phone, MobilePhone, Fax, LeadSource } = lead;
  return {
    ...{ FirstName, LastName, Salutation, Title, Email, Phone, MobilePhone, Fax, LeadSource },
    ...address(lead, 'Mailing'),
    ...owner,
  };
}

/** The vendor puts the close date at the end of the current quarter and the stage at the first of the org. */
function opportunityOf(org: Org, lead: Row, owner: Record<string, unknown>): Record<string, unknown> {
  const now = org.clock.now();
  const quarterEnd = new Date(Date.UTC(now.getUTCFullYear(), Math.floor(now.getUTCMonth() / 3) * 3 + 3, 0));
  return {
    StageName: org.preset.stages.find((stage) => stage.active && !stage.closed)?.name,
    CloseDate: quarterEnd.toISOString().slice(0, 10),
    LeadSource: lead['LeadSource'],
    ...owner,
  };
}

/** A member of a campaign stays one, now with the contact. */
function moveMemberships(org: Org, transaction: Transaction, leadId: string, contactId: string): void {
  const members = org.table('CampaignMember');
  for (const id of [...(members.lookup('LeadId', leadId) ?? [])]) {
    const row = members.get(id);
    if (row?.['IsDeleted'] === false)
      editByPlatform(org, transaction, members.type, row, { ContactId: contactId });
  }
}
