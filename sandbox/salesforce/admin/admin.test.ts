import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

async function seed(object: string, ...records: Record<string, unknown>[]): Promise<Record<string, unknown>> {
  return org.admin('POST', '/seed', { object, records });
}

async function query(soql: string): Promise<Record<string, unknown>[]> {
  const { body } = await org.raw('GET', `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`);
  return (body as { records: Record<string, unknown>[] }).records;
}

describe('seeding an org', () => {
  it('takes ids and audit fields as they are given, and tells nobody', async () => {
    const Id = '0014S000007NxmlQAC';
    const seeded = await seed('Account', {
      Id,
      Name: 'Old Friends',
      CreatedDate: '2019-05-06T07:08:09.000+0000',
      LastModifiedDate: '2021-01-02T03:04:05.000+0000',
      SystemModstamp: '2021-01-02T03:04:05.000+0000',
    });
    expect(seeded).toEqual({ ids: [Id] });
    expect(
      await query(`SELECT Name, CreatedDate, SystemModstamp FROM Account WHERE Id = '${Id}'`),
    ).toMatchObject([
      {
        Name: 'Old Friends',
        CreatedDate: '2019-05-06T07:08:09.000+0000',
        SystemModstamp: '2021-01-02T03:04:05.000+0000',
      },
    ]);
    const next = (await seed('Account', { Name: 'Next' }))['ids'] as string[];
    expect(next[0]).not.toBe(Id);
  });

  it('may say what only the platform writes: a record that is deleted, a user', async () => {
    await seed('Account', { Name: 'Gone long ago', IsDeleted: true });
    expect(await query("SELECT Id FROM Account WHERE Name = 'Gone long ago'")).toEqual([]);
    const [user] = (await seed('User', { Username: 'left@example.com', LastName: 'Left', IsActive: false }))[
      'ids'
    ] as string[];
    expect(await query(`SELECT IsActive FROM User WHERE Id = '${user ?? ''}'`)).toMatchObject([
      { IsActive: false },
    ]);
  });

  it('names the record and the field that are wrong, and keeps none of the others', async () => {
    const refused = await seed('Account', { Name: 'Good' }, { Name: 'Bad', Fax_Machine__c: 1 });
    expect(refused['problems']).toMatchObject([
      { field: expect.stringContaining('records.1'), reason: expect.stringContaining('Fax_Machine__c') },
    ]);
    expect(await query("SELECT Id FROM Account WHERE Name = 'Good'")).toEqual([]);
    const Id = '0014S000007NxmlQAC';
    expect((await seed('Account', { Id, Name: 'Twice' }))['problems']).toMatchObject([
      { field: 'records.0.Id' },
    ]);
  });
});

describe('playing the rep', () => {
  it('creates, edits, deletes and restores whatever the org has', async () => {
    const played = (await org.admin('POST', '/play', {
      action: 'create',
      object: 'Account',
      fields: { Name: 'By hand' },
    })) as { records: { Id: string }[] };
    const id = played.records[0]?.Id ?? '';
    const plays = ['update', 'delete', 'undelete'].map((action) => ({
      action,
      object: 'Account',
      id,
      fields: { Name: 'By hand, again' },
    }));
    await org.admin('POST', '/play', plays);
    expect(await query(`SELECT Name FROM Account WHERE Id = '${id}'`)).toMatchObject([
      { Name: 'By hand, again' },
    ]);
    const writes = (await org.admin('GET', '/writes?object=Account')) as unknown as Record<string, unknown>[];
    const own = writes.filter((write) => write['id'] === id);
    expect(own.map(({ op, origin }) => `${String(origin)} ${String(op)}`)).toEqual([
      'rep create',
      'rep update',
      'rep delete',
      'rep undelete',
    ]);
  });
});

describe('what is committed and what is answered', () => {
  it('is kept word for word once somebody asks for it, but for logins', async () => {
    await org.admin('POST', '/requests/bodies', { keep: 10 });
    await org.token();
    await org.raw('POST', '/services/data/v62.0/sobjects/Account', { body: { Name: 'Word for word' } });
    const kept = (await org.admin('GET', '/requests/bodies')) as unknown as Record<string, string>[];
    expect(kept[0]).toMatchObject({ endpoint: 'POST /services/oauth2/token', request: '(login)' });
    expect(kept.at(-1)).toMatchObject({
      request: '{"Name":"Word for word"}',
      response: expect.stringMatching(/^\{"id":"001\w{15}","success":true,"errors":\[\]\}$/),
    });
    await org.admin('POST', '/requests/bodies', { keep: 0 });
    expect(await org.admin('GET', '/requests/bodies')).toEqual([]);
  });

  it('differ when an answer is spoiled on its way, or a request comes twice', async () => {
    const path = '/services/data/v62.0/sobjects/Account';
    for (const how of ['cut-off', 'half', 'html']) {
      await org.admin('POST', '/faults', {
        rules: [{ match: { method: 'POST' }, when: { nth: 1 }, fault: { kind: 'spoil', how } }],
      });
      await expect(org.raw('POST', path, { body: { Name: 'Spoiled' } })).rejects.toThrow();
      await org.admin('DELETE', '/faults');
    }
    await org.admin('POST', '/faults', { rules: [{ when: { nth: 1 }, fault: { kind: 'repeat' } }] });
    expect((await org.raw('POST', path, { body: { Name: 'Spoiled' } })).status).toBe(201);
    expect(await query("SELECT Id FROM Account WHERE Name = 'Spoiled'")).toHaveLength(5);
  });

  it('show maintenance end by the org’s own clock', async () => {
    await org.admin('POST', '/faults/preset/maintenance');
    const page = await fetch(`${org.sandbox.url}/services/data`);
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html;charset=UTF-8']);
    await org.admin('POST', '/clock', { advanceMs: 600_000 });
    expect((await fetch(`${org.sandbox.url}/services/data`)).status).toBe(200);
    await org.admin('DELETE', '/faults');
  });

  it('show in the limits how much room the records leave', async () => {
    const left = async () => {
      const { body } = await org.raw('GET', '/services/data/v62.0/limits');
      return (body as { DataStorageMB: { Remaining: number } }).DataStorageMB.Remaining;
    };
    const before = await left();
    await seed('Topic', ...Array.from({ length: 1024 }, (_, index) => ({ Name: `Topic ${index}` })));
    expect(before - (await left())).toBe(2);
  });

  it('count requests over any 24 hours, not from midnight', async () => {
    const day = await openOrg({ dailyApiRequests: 2 });
    const once = async () => (await day.raw('GET', '/services/data/v62.0/limits')).status;
    // Twelve hours outlast the session: the first call after them is refused, counts nothing, and the next logs in anew.
    const call = async () => {
      const status = await once();
      return status === 401 ? once() : status;
    };
    expect(await call()).toBe(200);
    await day.admin('POST', '/clock', { advanceMs: 12 * 3_600_000 });
    expect([await call(), await call()]).toEqual([200, 403]);
    await day.admin('POST', '/clock', { advanceMs: 12 * 3_600_000 + 60_000 });
    expect(await day.admin('GET', '/limits')).toMatchObject({ used: 1 });
    await day.close();
  });

  it('are told apart: a write whose answer was lost is there', async () => {
    await org.admin('POST', '/faults', {
      rules: [{ match: { method: 'POST' }, when: { nth: 1 }, fault: { kind: 'reset', at: 'after-commit' } }],
    });
    const lost = org.raw('POST', '/services/data/v62.0/sobjects/Opportunity', { body: deal('lost') });
    await expect(lost).rejects.toThrow();
    await org.admin('DELETE', '/faults');
    const requests = (await org.admin('GET', '/requests')) as unknown as Record<string, unknown>[];
    expect(requests.at(-1)).toMatchObject({ status: 'reset', endpoint: 'POST /sobjects/Opportunity' });
    expect(await query("SELECT Id FROM Opportunity WHERE Tributary_Deal_Id__c = 'lost'")).toHaveLength(1);
  });
});
