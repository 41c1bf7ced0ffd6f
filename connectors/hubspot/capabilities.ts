import type { Capabilities } from '../../src/crm/connector.ts';

/**
 * HubSpot's limits: 100 inputs a batch; 50 a read once `propertiesWithHistory` is asked for; 2,000 associations a call,
 * of which a deal needs up to two of one kind. 500 deals at once leave half of that and keep what one lost answer
 * concerns within bounds.
 */
export const capabilities: Capabilities = {
  writeBatch: 100,
  readBatch: 50,
  matchBatch: 100,
  linkBatch: 500,
  notifications: 'webhook',
  contactKey: 'email',
};
