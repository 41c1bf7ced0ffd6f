import type { Capabilities } from '../../src/crm/connector.ts';

/**
 * sObject collections take at most 200 records of a write (facts 1.3) and 2,000 ids of a read. A composite request carries five queries or
 * collections: 600 accounts are looked for in four requests, where three times 200 would need six, and 600 contact roles
 * are three collections in one.
 */
export const capabilities: Capabilities = {
  writeBatch: 200,
  readBatch: 2000,
  matchBatch: 600,
  linkBatch: 600,
  notifications: 'stream',
  contactKey: 'own-field',
  tagFields: { campaign: 'CampaignId', recordType: 'RecordTypeId', leadSource: 'LeadSource' },
  // With products the amount is their sum and cannot be written (facts 1.9).
  summed: { field: 'Amount', while: 'HasOpportunityLineItem' },
};
