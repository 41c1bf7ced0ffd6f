import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { contactRoleRules } from './contact-role-rules.ts';
import { contactRules } from './contact-rules.ts';
import { opportunityRules } from './opportunity-rules.ts';
import { partnerRules } from './partner-rules.ts';

/** What one object does beyond storing fields. */
export interface RecordRules {
  /** Adds derived values before a create or update is stored. May throw a DmlError. */
  derive?(org: Org, values: Values, before: Row | undefined): void;
  /** Writes what follows from a stored create or update. */
  followUp?(org: Org, transaction: Transaction, after: Row, before: Row | undefined): void;
  /** Writes what follows from a delete. */
  afterDelete?(org: Org, transaction: Transaction, row: Row): void;
}

const RULES: Readonly<Record<string, RecordRules>> = {
  Contact: contactRules,
  Opportunity: opportunityRules,
  OpportunityContactRole: contactRoleRules,
  Partner: partnerRules,
};

const NONE: RecordRules = {};

/** The rules of an object; most have none. */
export function rulesOf(objectName: string): RecordRules {
  return RULES[objectName] ?? NONE;
}
