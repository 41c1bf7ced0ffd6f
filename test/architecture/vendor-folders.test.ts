import { stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connectors } from '../../connectors/registry.ts';
import { foldersIn } from '../generated/files.ts';
import { repository } from './cruise.ts';

const connectorFiles = [
  'definition.ts',
  'capabilities.ts',
  'client.ts',
  'errors.ts',
  'push.ts',
  'pull.ts',
  'README.md',
];
const vendors = await foldersIn('connectors');

describe.each(vendors)('the vendor %s', (vendor) => {
  it.each([
    ...connectorFiles.map((file) => `connectors/${vendor}/${file}`),
    `mappings/${vendor}/mapping.yaml`,
    `sandbox/${vendor}/start.ts`,
  ])('has %s', async (file) => {
    const found = await stat(path.join(repository, file)).catch(() => null);
    expect(found?.isFile()).toBe(true);
  });

  it('can be told of changes: a stream is listened to, a webhook is received', () => {
    const definition = connectors.find((known) => known.vendor === vendor);
    const { notifications } = definition?.capabilities ?? {};
    expect(['stream', 'webhook']).toContain(notifications);
    if (notifications === 'webhook') expect(definition).toHaveProperty('webhook.parse');
  });
});
