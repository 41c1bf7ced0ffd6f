import type { ApiVersion } from './needed-apis.ts';
import type { Answered, Portal } from './portal.ts';

/** Plain calls to the webhook settings, and to the journal where the version has one. */
export async function driveWebhooks(portal: Portal, version: ApiVersion): Promise<void> {
  await driveSubscriptions(portal, `/webhooks/${version}/${portal.sandbox.credentials.appId}`);
  if (version !== 'v3') await driveJournal(portal, version);
}

async function driveSubscriptions({ call, sandbox }: Portal, base: string): Promise<void> {
  const key = `?hapikey=${sandbox.credentials.developerApiKey}`;
  const settings = { targetUrl: 'https://app.example/hook', throttling: { maxConcurrentRequests: 10 } };
  await call('GET', `${base}/settings${key}`);
  await call('PUT', `${base}/settings${key}`, settings);
  await call('GET', `${base}/settings${key}`);
  await call('GET', `${base}/settings`);
  const wanted = { eventType: 'deal.propertyChange', propertyName: 'hs_priority', active: false };
  const id = Number((await call('POST', `${base}/subscriptions${key}`, wanted)).json['id']);
  await call('POST', `${base}/subscriptions${key}`, wanted);
  await call('GET', `${base}/subscriptions${key}`);
  await call('GET', `${base}/subscriptions/${id}${key}`);
  await call('PATCH', `${base}/subscriptions/${id}${key}`, { active: true });
  for (const inputs of [[{ id, active: false }], [{ id: 1, active: false }]])
    await call('POST', `${base}/subscriptions/batch/update${key}`, { inputs });
  await call('DELETE', `${base}/subscriptions/${id}${key}`);
  await call('DELETE', `${base}/settings${key}`);
}

async function driveJournal({ call, form, sandbox }: Portal, version: string): Promise<void> {
  const { clientId, clientSecret, portalId } = sandbox.credentials;
  const scopes = ['read', 'subscriptions.read', 'subscriptions.write'];
  const { json } = await form(`/oauth/${version}/token`, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: scopes.map((name) => `developer.webhooks_journal.${name}`).join(' '),
  });
  const token = String(json['access_token']);
  const ask = (method: string, rest: string, body?: unknown): Promise<Answered> =>
    call(method, `/webhooks-journal${rest}`, body, { token });
  const subscriptions = `/subscriptions/${version}`;
  const made = await ask('POST', subscriptions, {
    ...{ subscriptionType: 'OBJECT', objectTypeId: '0-3', portalId, actions: ['CREATE', 'UPDATE'] },
    ...{ properties: [], objectIds: [] },
  });
  await ask('POST', subscriptions, {
    ...{ subscriptionType: 'ASSOCIATION', objectTypeId: '0-3', portalId, actions: ['ASSOCIATION_ADDED'] },
    ...{ associatedObjectTypeIds: ['0-2'], objectIds: [] },
  });
  await ask('GET', subscriptions);
  await ask('GET', `${subscriptions}/${String(made.json['id'])}`);
  const properties = { dealname: 'Told', dealstage: 'contractsent', pipeline: 'default' };
  for (let count = 0; count < 2; count += 1)
    await call('POST', '/crm/v3/objects/deals', { properties, associations: [] });
  const journal = `/journal/${version}`;
  const offset = String((await ask('GET', `${journal}/earliest`)).json['currentOffset']);
  await ask('GET', `${journal}/latest`);
  await ask('GET', `${journal}/offset/${offset}/next`);
  await ask('GET', `${journal}/offset/gone/next`);
  await ask('GET', `${journal}/batch/earliest/10`);
  await ask('GET', `${journal}/batch/latest/1`);
  await ask('GET', `${journal}/batch/${offset}/next/1`);
  await ask('POST', `${journal}/batch/read`, { inputs: [offset] });
  await ask('POST', `${journal}/batch/read`, { inputs: ['gone'] });
  await ask('DELETE', `${subscriptions}/${String(made.json['id'])}`);
  await ask('DELETE', `${subscriptions}/portals/${portalId}`);
}
