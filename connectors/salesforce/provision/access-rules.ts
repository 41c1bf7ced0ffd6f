/**
 * What the run-time user needs beyond the objects and fields of the mapping, one row each, with its reason. Whoever makes
 * the connector read or write something new adds a row here; the permission set and `doctor` follow.
 */
import { z } from 'zod';
import type { Needs } from '../../../src/crm/provisioning.ts';

export interface AccessRule {
  object: string;
  why: string;
  /** Reading is meant by every rule. */
  rights?: readonly ('create' | 'edit' | 'delete' | 'view-all')[];
  /** Fields the connector reads or writes by itself, whatever the mapping says. */
  reads?: readonly string[];
  edits?: readonly string[];
  /** Changes of the object are listened to. */
  changeEvents?: true;
  /** Without it the rule always holds. */
  when?: (needs: Needs) => boolean;
}

export const accessRules: readonly AccessRule[] = [
  {
    object: 'Opportunity',
    why: 'change events of opportunities reach only who may view them all; contact roles hang on the opportunity',
    rights: ['edit', 'view-all'],
    reads: ['Amount'],
    changeEvents: true,
  },
  {
    object: 'OpportunityContactRole',
    why: 'the customer’s contact hangs on the opportunity',
    edits: ['Role', 'IsPrimary'],
  },
  {
    object: 'Account',
    why: 'the customer is looked for among all accounts: one that is hidden would be made a second time',
    rights: ['view-all'],
    reads: ['Website', 'BillingCountry', 'ParentId'],
  },
  {
    object: 'Contact',
    why: 'the same for contacts',
    rights: ['view-all'],
    reads: ['Email', 'AccountId', 'MailingCountry'],
  },
  {
    object: 'Lead',
    why: 'an approver is shown the open leads of the same customer',
    rights: ['view-all'],
    reads: ['Email', 'Website'],
  },
  {
    object: 'Lead',
    why: 'deals are mirrored as leads, and their conversion is followed',
    rights: ['create', 'edit'],
    when: (needs) => needs.sections['target'] === 'lead',
  },
  {
    object: 'Opportunity',
    why: 'the mapping tags deals by lead source',
    edits: ['LeadSource'],
    when: tagged('leadSource'),
  },
  {
    object: 'Opportunity',
    why: 'the mapping tags deals by campaign',
    edits: ['CampaignId'],
    when: tagged('campaign'),
  },
  {
    object: 'Campaign',
    why: 'campaigns are looked up by name; to add a member to one is to edit it',
    rights: ['edit', 'view-all'],
    when: tagged('campaign'),
  },
  {
    object: 'OpportunityLineItem',
    why: 'products of deals are read for commissions',
    reads: ['ProductCode', 'ServiceDate', 'UnitPrice', 'TotalPrice'],
    when: (needs) => lineItems(needs) !== 'none',
  },
  {
    object: 'Product2',
    why: 'products of deals are told by name and family',
    reads: ['ProductCode', 'Family'],
    when: (needs) => lineItems(needs) !== 'none',
  },
  {
    object: 'Opportunity',
    why: 'products of a deal need its price book',
    edits: ['Pricebook2Id'],
    when: writesLines,
  },
  {
    object: 'OpportunityLineItem',
    why: 'products of registrations are written',
    edits: ['Quantity', 'UnitPrice'],
    when: writesLines,
  },
  {
    object: 'Pricebook2',
    why: 'prices of products are looked up in the price book',
    when: writesLines,
  },
  {
    object: 'Product2',
    why: 'products of registrations are found by code or name',
    reads: ['ProductCode'],
    when: writesLines,
  },
];

const Sections = z.looseObject({
  tags: z.record(z.string(), z.unknown()).optional(),
  lineItems: z.looseObject({ mode: z.string(), write: z.boolean().optional() }).optional(),
});

function tagged(tag: string): (needs: Needs) => boolean {
  return (needs) => Sections.safeParse(needs.sections).data?.tags?.[tag] !== undefined;
}

function writesLines(needs: Needs): boolean {
  return Sections.safeParse(needs.sections).data?.lineItems?.write === true;
}

function lineItems(needs: Needs): string {
  return Sections.safeParse(needs.sections).data?.lineItems?.mode ?? 'none';
}
