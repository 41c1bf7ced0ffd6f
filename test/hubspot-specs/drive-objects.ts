import type { ApiVersion } from './needed-apis.ts';
import type { Answered, Portal } from './portal.ts';

const STAMP = Date.now();

/** Plain calls to the objects API: singly, in batches with and without faults, lists, search, merge, archive. */
export async function driveObjects(portal: Portal, version: ApiVersion): Promise<void> {
  const base = version === 'v3' ? '/crm/v3/objects' : `/crm/objects/${version}`;
  await driveType(portal, `${base}/0-3`, { dealname: 'A', dealstage: 'contractsent', pipeline: 'default' });
  await driveType(portal, `${base}/companies`, { name: 'Acme' });
  await driveType(portal, `${base}/contacts`, { firstname: 'Zoë' });
  await driveType(portal, `${base}/line_items`, { name: 'Licence', price: '19.90', quantity: '2' }, false);
  await driveType(portal, `${base}/notes`, { hs_timestamp: '2026-11-23T10:00:00Z' }, false);
  await driveUpsert(portal, `${base}/0-3`, version);
  await refuseObjects(portal, `${base}/0-3`);
}

async function driveType(
  { call }: Portal,
  base: string,
  properties: Record<string, string>,
  mergeable = true,
): Promise<void> {
  const first = idOf(await call('POST', base, { properties, associations: [] }));
  const second = idOf(await call('POST', base, { properties }));
  const names = Object.keys(properties).join(',');
  await call('GET', `${base}/${first}?properties=${names}&propertiesWithHistory=${names}`);
  await call('GET', `${base}/${first}?associations=companies&properties=closedate`);
  await call('PATCH', `${base}/${first}`, { properties });
  await call('GET', `${base}?limit=1`);
  await call('GET', `${base}/1`);
  await call('POST', `${base}/batch/create`, { inputs: [{ properties, associations: [] }, { properties }] });
  await call('POST', `${base}/batch/read`, {
    inputs: [{ id: first }, { id: '1' }],
    properties: ['createdate', 'hubspot_owner_id'],
    propertiesWithHistory: Object.keys(properties),
  });
  await call('POST', `${base}/batch/update`, { inputs: [{ id: first, properties }] });
  await call('POST', `${base}/search`, {
    filterGroups: [{ filters: [{ propertyName: 'createdate', operator: 'HAS_PROPERTY' }] }],
    sorts: ['createdate'],
    properties: [],
    limit: 1,
    after: '0',
  });
  await call('POST', `${base}/search`, { limit: 2 });
  await call('POST', `${base}/search`, { limit: 201 });
  const ids = { primaryObjectId: first, objectIdToMerge: second };
  const merged = mergeable ? idOf(await call('POST', `${base}/merge`, ids)) : first;
  await call('GET', `${base}/${first}`);
  await call('DELETE', `${base}/${merged}`);
  await call('GET', `${base}/${merged}?archived=true`);
  await call('GET', `${base}?archived=true`);
  await call('POST', `${base}/batch/archive`, { inputs: [{ id: '1' }] });
}

/** Good and bad inputs with trace ids (207) and without (400); ids as numbers, as some clients send them. */
async function driveUpsert({ call }: Portal, base: string, version: ApiVersion): Promise<void> {
  const input = (id: string, amount: string): object => ({
    id,
    idProperty: 'tributary_deal_id',
    properties: { dealname: id, dealstage: 'contractsent', pipeline: 'default', amount },
  });
  const key = (name: string): string => `${name}-${version}-${STAMP}`;
  const good = { ...input(key('good'), '1'), objectWriteTraceId: 'a' };
  const bad = { ...input(key('bad'), 'twelve'), objectWriteTraceId: 'b' };
  await call('POST', `${base}/batch/upsert`, { inputs: [good] });
  await call('POST', `${base}/batch/upsert`, { inputs: [good, bad] });
  await call('POST', `${base}/batch/upsert`, { inputs: [input(key('good'), '1'), input(key('bad'), 'x')] });
  await call('POST', `${base}/batch/upsert`, {
    inputs: [{ id: 'x', idProperty: 'dealname', properties: {} }],
  });
  await call('POST', `${base}/batch/create`, {
    inputs: [{ properties: { amount: 'x' }, objectWriteTraceId: 'c' }],
  });
  await call('POST', `${base}/batch/read`, {
    inputs: [{ id: 17 }],
    properties: [],
    propertiesWithHistory: [],
  });
}

async function refuseObjects({ call, admin }: Portal, base: string): Promise<void> {
  await call('POST', base, {
    properties: { dealname: 'A', dealstage: 'nowhere', no_such: 'x' },
    associations: [],
  });
  await call('GET', `${base}?limit=1000`);
  await call('GET', base, undefined, { token: 'wrong' });
  // 429 several times: its body varies.
  for (const status of [423, 429, 429, 429, 429, 477, 500, 502, 503, 504]) {
    const rule = { match: {}, when: { times: 1 }, fault: { kind: 'status', status } };
    await admin('POST', '/faults', { rules: [rule] });
    await call('GET', `${base}?limit=1`);
  }
  await admin('DELETE', '/faults');
}

/** The id of a record that was made or changed. @throws Error when it was not. */
export function idOf({ status, json }: Answered): string {
  if (typeof json['id'] === 'string') return json['id'];
  throw new Error(`no record came back (${status}): ${JSON.stringify(json)}`);
}
