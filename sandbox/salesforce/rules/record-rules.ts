import { campaignMemberRules } from './campaign-member-rules.ts';
import { contactRoleRules } from './contact-role-rules.ts';
import { contactRules } from './contact-rules.ts';
import { opportunityRules } from './opportunity-rules.ts';
import type { RecordRules } from './contract.ts';
import { partnerRules } from './partner-rules.ts';
import { topicAssignmentRules } from './topic-assignment-rules.ts';

const RULES: Readonly<Record<string, RecordRules>> = {
  CampaignMember: campaignMemberRules,
  Contact: contactRules,
  Lead: contactRules,
  Opportunity: opportunityRules,
  OpportunityContactRole: contactRoleRules,
  Partner: partnerRules,
  TopicAssignment: topicAssignmentRules,
  User: contactRules,
};

const NONE: RecordRules = {};

/** The rules of an object; most have none. */
export function rulesOf(objectName: string): RecordRules {
  return RULES[objectName] ?? NONE;
}
