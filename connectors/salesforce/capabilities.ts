import type { Capabilities } from '../../src/crm/connector.ts';

/** sObject collections take at most 200 records (facts 1.3); reads and matches keep the same batch. */
export const capabilities: Capabilities = {
  writeBatch: 200,
  readBatch: 200,
  matchBatch: 200,
  notifications: 'stream',
  contactKey: 'own-field',
};
