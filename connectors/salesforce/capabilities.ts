import type { Capabilities } from '../../src/crm/connector.ts';

/**
 * sObject collections take at most 200 records (facts 1.3), reads too. A match asks for about 70 accounts per query and
 * five queries per request: 600 fill four requests, where three times 200 would need six.
 */
export const capabilities: Capabilities = {
  writeBatch: 200,
  readBatch: 200,
  matchBatch: 600,
  linkBatch: 200,
  notifications: 'stream',
  contactKey: 'own-field',
};
