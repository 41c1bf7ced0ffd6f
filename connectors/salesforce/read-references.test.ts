import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountKey, openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

async function states(...crmIds: string[]): Promise<(string | undefined)[][]> {
  const request = { kind: 'account', object: 'Account', keyField: accountKey, crmIds, fields: [] } as const;
  const found = (await org.connector.readReferences?.(request, within())) ?? [];
  return found.map((state) => [state.crmId, state.is, state.is === 'gone' ? undefined : state.record.crmId]);
}

describe('reading what became of accounts', () => {
  it('follows merges to the record that is alive, tells what is gone, and asks for no id that cannot be one', async () => {
    const ids = await org.seed('Account', ...['a', 'b', 'c', 'd', 'e'].map((Name) => ({ Name })));
    const [alive = '', merged = '', master = '', deleted = '', last = ''] = ids;
    await org.admin('POST', '/merge', { object: 'Account', masterId: master, losers: [merged] });
    await org.admin('POST', '/merge', { object: 'Account', masterId: last, losers: [master] });
    await org.play('delete', deleted, { object: 'Account' });
    const unknown = '001000000000000AAA';
    expect(await states(alive, merged, deleted, unknown, "x' OR Name != '", alive.slice(0, 15))).toEqual([
      [alive, 'alive', alive],
      [merged, 'merged', last],
      [deleted, 'gone', undefined],
      [unknown, 'gone', undefined],
      ["x' OR Name != '", 'gone', undefined],
      [alive.slice(0, 15), 'alive', alive],
    ]);
    await org.play('undelete', deleted, { object: 'Account' });
    expect(await states(deleted)).toEqual([[deleted, 'alive', deleted]]);
  });

  it('takes a master that was deleted for gone', async () => {
    const [loser = '', master = ''] = await org.seed('Account', { Name: 'l' }, { Name: 'm' });
    await org.admin('POST', '/merge', { object: 'Account', masterId: master, losers: [loser] });
    await org.play('delete', master, { object: 'Account' });
    expect(await states(loser)).toEqual([[loser, 'gone', undefined]]);
  });
});
