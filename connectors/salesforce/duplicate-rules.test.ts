import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PushRequest, WriteOutcome } from '../../src/crm/connector.ts';
import { accountKey, openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';
import { json, scriptedServer, token, tokenPath } from '../../test/salesforce/scripted-server.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
let onTestEnd: () => Promise<unknown> = () => Promise.resolve();
afterEach(() => onTestEnd());

function accounts(more: Partial<PushRequest>, ...names: string[]): PushRequest {
  const records = names.map((Name) => ({ key: `name:${Name}`, fields: { Name } }));
  return { kind: 'account', object: 'Account', keyField: accountKey, operation: 'upsert', records, ...more };
}

function errorOf(outcome: WriteOutcome | undefined) {
  return outcome?.status === 'failed' ? outcome.error.details : undefined;
}

describe('duplicate rules', () => {
  it.each(['block', 'allow'])('say what they found and whether a person may allow it: %s', async (action) => {
    const [twin] = await org.seed('Account', { Name: `Twin ${action}` });
    const rule = { name: 'Twins', object: 'Account', action, fields: [{ field: 'Name', how: 'name' }] };
    await org.admin('PATCH', '/settings', { duplicateRules: [rule] });
    const [refused, passed] = await org.connector.push(
      accounts({}, `Twin ${action}`, `Single ${action}`),
      within(),
    );
    expect(errorOf(refused)).toMatchObject({
      kind: 'conflict',
      existingIds: [twin],
      duplicateRule: { name: 'Twins', mayBeAllowed: action === 'allow' },
    });
    expect(passed?.status).toBe('written');
    const allowed = accounts({ allowDuplicate: true }, `Twin ${action}`);
    const [outcome] = await org.connector.push(allowed, within());
    expect(outcome?.status).toBe(action === 'allow' ? 'written' : 'failed');
  });

  it('are passed by one record at a time, and by no request that was not told to', async () => {
    const said: unknown[] = [];
    const server = await scriptedServer((request, response, url) => {
      if (request.url === tokenPath) return token(response, { instance_url: url });
      said.push(request.headers['sforce-duplicate-rule-header']);
      json(response, [{ id: '001000000000001AAA', success: true, errors: [], created: true }]);
    });
    onTestEnd = () => server.close();
    await server.connector.push(accounts({}, 'One'), within());
    await server.connector.push(accounts({ allowDuplicate: true }, 'One'), within());
    await server.connector.push(accounts({}, 'One'), within());
    expect(said).toEqual([undefined, 'allowSave=true', undefined]);
    const two = server.connector.push(accounts({ allowDuplicate: true }, 'One', 'Two'), within());
    await expect(two).rejects.toMatchObject({ kind: 'bug' });
    expect(said).toHaveLength(3);
  });
});
