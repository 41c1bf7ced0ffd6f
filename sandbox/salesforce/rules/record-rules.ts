import {
  fieldPermissionRules,
  objectPermissionRules,
  permissionSetAssignmentRules,
  permissionSetRules,
} from '../access/permission-rules.ts';
import { campaignMemberRules } from './campaign-member-rules.ts';
import { contentDocumentLinkRules, contentNoteRules } from './content-note-rules.ts';
import { contactRoleRules } from './contact-role-rules.ts';
import { contactRules } from './contact-rules.ts';
import { leadRules } from './lead-rules.ts';
import { lineItemRules } from './line-item-rules.ts';
import { opportunityRules } from './opportunity-rules.ts';
import type { RecordRules } from './contract.ts';
import { partnerRules } from './partner-rules.ts';
import { accountRules } from './person-account-rules.ts';
import { priceRules } from './price-rules.ts';
import { topicAssignmentRules } from './topic-assignment-rules.ts';

const RULES: Readonly<Record<string, RecordRules>> = {
  Account: accountRules,
  CampaignMember: campaignMemberRules,
  FieldPermissions: fieldPermissionRules,
  ObjectPermissions: objectPermissionRules,
  PermissionSet: permissionSetRules,
  PermissionSetAssignment: permissionSetAssignmentRules,
  Contact: contactRules,
  ContentDocumentLink: contentDocumentLinkRules,
  ContentNote: contentNoteRules,
  Lead: leadRules,
  Opportunity: opportunityRules,
  OpportunityContactRole: contactRoleRules,
  OpportunityLineItem: lineItemRules,
  Partner: partnerRules,
  PricebookEntry: priceRules,
  TopicAssignment: topicAssignmentRules,
  User: contactRules,
};

const NONE: RecordRules = {};

/** The rules of an object; most have none. */
export function rulesOf(objectName: string): RecordRules {
  return RULES[objectName] ?? NONE;
}
