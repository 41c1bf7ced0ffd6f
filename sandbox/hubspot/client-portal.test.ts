import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@hubspot/api-client';
import { startForTest, stopSandboxes, type TestSandbox } from './testing.ts';

let sandbox: TestSandbox;
let client: Client;

function connect(to: TestSandbox, accessToken = to.credentials.privateAppToken): Client {
  return new Client({ basePath: to.url, accessToken, numberOfApiCallRetries: 0 });
}

beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off' });
  client = connect(sandbox);
});
afterAll(stopSandboxes);

async function status(promise: Promise<unknown>): Promise<number> {
  return promise.then(
    () => Promise.reject(new Error('was accepted')),
    (error: unknown) => (error as { code: number }).code,
  );
}

describe('OAuth through the real client', () => {
  const refresh = (on: TestSandbox, changed: { secret?: string; token?: string } = {}) =>
    connect(on).oauth.tokensApi.create(
      'refresh_token',
      undefined,
      undefined,
      on.credentials.clientId,
      changed.secret ?? on.credentials.clientSecret,
      changed.token ?? on.credentials.refreshToken,
    );

  it('refreshes, tells whose token it is, and pins the portal', async () => {
    const token = await refresh(sandbox);
    expect(token).toMatchObject({
      expiresIn: 1800,
      tokenType: 'bearer',
      refreshToken: sandbox.credentials.refreshToken,
    });
    expect(token.accessToken.length).toBeLessThanOrEqual(300);
    const info = await connect(sandbox).oauth.accessTokensApi.get(token.accessToken);
    const { portalId, appId } = sandbox.credentials;
    expect(info).toMatchObject({ hubId: portalId, appId });
    expect(info.scopes).toContain('crm.objects.deals.write');
    const details = await sandbox.call('GET', '/account-info/v3/details', undefined, token.accessToken);
    expect(details.json).toMatchObject({ portalId, companyCurrency: 'USD', timeZone: 'US/Eastern' });
    expect(details.json['utcOffset']).toMatch(/^-0[45]:00$/);
  });

  it('refuses wrong secrets and refresh tokens, in the words of each version', async () => {
    expect(await status(refresh(sandbox, { secret: 'no' }))).toBe(400);
    expect(await status(refresh(sandbox, { token: 'no' }))).toBe(400);
    const { clientId, clientSecret } = sandbox.credentials;
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: 'no',
    });
    const bodies = await Promise.all(
      ['v1', 'v3'].map(async (version) => {
        const answer = await fetch(`${sandbox.url}/oauth/${version}/token`, { method: 'POST', body: form });
        return (await answer.json()) as Record<string, unknown>;
      }),
    );
    expect(bodies[0]).toMatchObject({
      status: 'BAD_REFRESH_TOKEN',
      message: 'missing or invalid refresh token',
    });
    expect(bodies[1]).toMatchObject({ error: 'invalid_grant' });
  });

  it('lets tokens run out by the sandbox clock, and end by revocation', async () => {
    const own = await startForTest();
    const { accessToken } = await refresh(own);
    const read = (token = accessToken) => own.call('GET', '/crm/v3/pipelines/deals', undefined, token);
    expect((await read()).status).toBe(200);
    await own.admin('POST', '/clock', { advanceMs: 30 * 60 * 1000 });
    expect(await read()).toMatchObject({ status: 401, json: { category: 'EXPIRED_AUTHENTICATION' } });
    const fresh = await refresh(own);
    expect((await read(fresh.accessToken)).status).toBe(200);
    await own.admin('POST', '/revoke-tokens');
    expect(await read(fresh.accessToken)).toMatchObject({
      status: 401,
      json: { category: 'INVALID_AUTHENTICATION', status: 'error' },
    });
    expect((await read(own.credentials.privateAppToken)).status).toBe(200);
  });

  it('names the missing scopes in a 403 that uses up no call', async () => {
    const own = await startForTest({ scopes: ['oauth', 'crm.objects.deals.read'] });
    const answer = await own.call('POST', '/crm/v3/objects/deals', { properties: {} });
    expect(answer).toMatchObject({
      status: 403,
      json: {
        category: 'MISSING_SCOPES',
        errors: [{ context: { requiredGranularScopes: ['crm.objects.deals.write'] } }],
      },
    });
    expect(answer.headers.get('x-hubspot-ratelimit-max')).toBeNull();
  });
});

describe('associations through the real client', () => {
  let ids: { deal: string; company: string; other: string; contact: string };

  beforeAll(async () => {
    const make = (name: string) => client.crm.companies.basicApi.create({ properties: { name } });
    const deal = await client.crm.deals.basicApi.create({
      properties: { dealname: 'Linked', dealstage: 'qualifiedtobuy' },
    });
    const contact = await client.crm.contacts.basicApi.create({ properties: { email: 'link@example.org' } });
    const [company, other] = [await make('One'), await make('Two')];
    ids = { deal: deal.id, company: company.id, other: other.id, contact: contact.id };
  });

  const hubspotDefined = (associationTypeId: number) => ({
    associationCategory: 'HUBSPOT_DEFINED' as never,
    associationTypeId,
  });
  const v4 = () => client.crm.associations.v4;
  const companies = async () => {
    const read = await v4().batchApi.getPage('deals', 'companies', { inputs: [{ id: ids.deal }] });
    const to = read.results[0]?.to ?? [];
    return Object.fromEntries(
      to.map((one) => [one.toObjectId, one.associationTypes.map(({ typeId }) => typeId)]),
    );
  };

  it('make the plain association along with a primary one, and keep a single primary', async () => {
    const pair = (to: string) => ({
      _from: { id: ids.deal },
      to: { id: to },
      types: [hubspotDefined(5)],
    });
    const created = await v4().batchApi.create('deals', 'companies', { inputs: [pair(ids.company)] });
    expect(created.results[0]).toMatchObject({ labels: ['Primary'], toObjectId: ids.company });
    expect(await companies()).toEqual({ [ids.company]: [5, 341] });
    await v4().batchApi.create('deals', 'companies', { inputs: [pair(ids.other)] });
    expect(await companies()).toEqual({ [ids.company]: [341], [ids.other]: [5, 341] });
    const back = await v4().batchApi.getPage('companies', 'deals', { inputs: [{ id: ids.other }] });
    expect(back.results[0]?.to[0]?.associationTypes.map(({ typeId }) => typeId)).toEqual([6, 342]);
  });

  it('associate by default, again without harm, and come with a read of the deal', async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      await v4().basicApi.createDefault('deals', ids.deal, 'contacts', ids.contact);
    }
    await v4().batchApi.createDefault('deals', 'contacts', {
      inputs: [{ _from: { id: ids.deal }, to: { id: ids.contact } }],
    });
    const read = await client.crm.deals.basicApi.getById(ids.deal, [], undefined, ['contacts']);
    expect(read.associations?.['contacts']?.results).toEqual([{ id: ids.contact, type: 'deal_to_contact' }]);
  });

  it('report records without associations, unknown records and wrong types', async () => {
    const none = await v4().batchApi.getPage('contacts', 'companies', { inputs: [{ id: ids.contact }] });
    expect(none).toMatchObject({
      numErrors: 1,
      errors: [
        { category: 'OBJECT_NOT_FOUND', message: expect.stringContaining('No company is associated') },
      ],
    });
    const create = (to: string, type: number) =>
      v4().batchApi.create('deals', 'companies', {
        inputs: [{ _from: { id: ids.deal }, to: { id: to }, types: [hubspotDefined(type)] }],
      });
    expect(await create('1', 341)).toMatchObject({ results: [], numErrors: 1 });
    expect(await status(create(ids.company, 342))).toBe(400);
    const many = Array.from({ length: 2001 }, () => ({ _from: { id: '1' }, to: { id: '2' } }));
    expect(await status(v4().batchApi.createDefault('deals', 'companies', { inputs: many }))).toBe(400);
  });

  it('go away in batches, and are listed with their labels', async () => {
    const inputs = [{ _from: { id: ids.deal }, to: [{ id: ids.company }, { id: ids.other }] }];
    await v4().batchApi.archive('deals', 'companies', { inputs });
    expect(await companies()).toEqual({});
    const labels = await v4().schema.definitionsApi.getAll('deals', 'companies');
    expect(labels.results.map(({ typeId, label }) => [typeId, label])).toEqual([
      [5, 'Primary'],
      [341, undefined],
      [90001, 'Partner of record'],
    ]);
    const created = await client.crm.deals.basicApi.create({
      properties: { dealname: 'With contact', dealstage: 'qualifiedtobuy' },
      associations: [{ to: { id: ids.contact }, types: [hubspotDefined(3)] }],
    });
    const page = await v4().basicApi.getPage('deals', created.id, 'contacts');
    expect(page.results.map(({ toObjectId }) => toObjectId)).toEqual([ids.contact]);
  });
});

describe('the schema through the real client', () => {
  const definition = {
    name: 'tributary_deal_id',
    label: 'Tributary deal',
    type: 'string',
    fieldType: 'text',
    groupName: 'dealinformation',
    hasUniqueValue: true,
  };

  it('has Tributary’s properties in the default preset', async () => {
    const { results } = await client.crm.properties.coreApi.getAll('deals');
    const found = new Map(results.map((property) => [property.name, property]));
    expect(found.get('tributary_deal_id')).toMatchObject({ type: 'string', hasUniqueValue: true });
    expect(found.get('tributary_protected_until')?.type).toBe('date');
    expect(found.get('hs_is_closed_won')?.modificationMetadata?.readOnlyValue).toBe(true);
    const key = await client.crm.properties.coreApi.getByName('companies', 'tributary_account_key');
    expect(key.hasUniqueValue).toBe(true);
  });

  it('lets a fresh portal be provisioned, up to ten unique properties, which then key upserts', async () => {
    const fresh = await startForTest({ preset: 'fresh' });
    const own = connect(fresh);
    const { coreApi } = own.crm.properties;
    expect(await status(coreApi.getByName('deals', definition.name))).toBe(404);
    await coreApi.create('deals', definition as never);
    expect(await status(coreApi.create('deals', definition as never))).toBe(409);
    for (let index = 2; index <= 10; index += 1) {
      await coreApi.create('deals', { ...definition, name: `unique_${index}` } as never);
    }
    expect(await status(coreApi.create('deals', { ...definition, name: 'unique_11' } as never))).toBe(400);
    for (const wrong of [
      { name: 'Upper' },
      { name: 'x', groupName: 'nowhere' },
      { name: 'x', fieldType: 'date' },
      { name: 'x', type: 'enumeration', fieldType: 'select', hasUniqueValue: false },
    ]) {
      expect(await status(coreApi.create('deals', { ...definition, ...wrong } as never))).toBe(400);
    }
    const upserted = await own.crm.deals.batchApi.upsert({
      inputs: [
        {
          id: 'NEW-1',
          idProperty: definition.name,
          properties: { dealname: 'Fresh', dealstage: 'qualifiedtobuy' },
        },
      ],
    });
    expect(upserted.results[0]?._new).toBe(true);
  });

  it('has pipelines with text metadata, renamed ones in their preset, and the team', async () => {
    const { results } = await client.crm.pipelines.pipelinesApi.getAll('deals');
    const stages = results[0]?.stages ?? [];
    expect(stages.map(({ id }) => id)).toContain('closedwon');
    expect(stages.find(({ id }) => id === 'closedwon')?.metadata).toEqual({
      isClosed: 'true',
      probability: '1.0',
    });
    const renamed = connect(await startForTest({ preset: 'renamed-stages' }));
    const two = (await renamed.crm.pipelines.pipelinesApi.getAll('deals')).results;
    expect(two).toHaveLength(2);
    expect(two[1]?.stages.every(({ id }) => /^\d+$/.test(id))).toBe(true);
    expect(two.flatMap((pipeline) => pipeline.stages).some(({ label }) => label === 'Closed Won')).toBe(
      false,
    );
    const wrongPipeline = { dealname: 'X', pipeline: two[1]?.id ?? '', dealstage: 'closedwon' };
    expect(await status(renamed.crm.deals.basicApi.create({ properties: wrongPipeline }))).toBe(400);
    const owners = (await client.crm.owners.ownersApi.getPage()).results;
    expect(owners).toHaveLength(3);
    const one = await client.crm.owners.ownersApi.getById(Number(owners[0]?.id));
    expect(one.email).toBe(owners[0]?.email);
  });
});

describe('property groups', () => {
  it('are renamed, and taken away once they are empty', async () => {
    const path = '/crm/v3/properties/deals';
    const group = `${path}/groups/passing`;
    await sandbox.call('POST', `${path}/groups`, { name: 'passing', label: 'Passing' });
    const definition = { label: 'P', type: 'string', fieldType: 'text', groupName: 'passing' };
    await sandbox.call('POST', path, { name: 'passing_by', ...definition });
    expect((await sandbox.call('PATCH', group, { label: 'Gone soon' })).json).toMatchObject({
      label: 'Gone soon',
    });
    expect((await sandbox.call('DELETE', group)).status).toBe(400);
    const archive = (name: string): Promise<{ status: number }> =>
      sandbox.call('POST', `${path}/batch/archive`, { inputs: [{ name }] });
    expect((await archive('dealname')).status).toBe(400);
    expect((await archive('passing_by')).status).toBe(204);
    expect((await sandbox.call('DELETE', group)).status).toBe(204);
    expect((await sandbox.call('GET', group)).status).toBe(404);
  });
});
