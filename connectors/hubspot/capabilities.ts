import type { Capabilities } from '../../src/crm/connector.ts';

/** HubSpot's limits: 100 inputs a batch; 50 a read once `propertiesWithHistory` is asked for. */
export const capabilities: Capabilities = {
  writeBatch: 100,
  readBatch: 50,
  matchBatch: 100,
  notifications: 'webhook',
  contactKey: 'email',
};
