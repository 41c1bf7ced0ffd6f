import type { ApiVersion } from './needed-apis.ts';
import { idOf } from './drive-objects.ts';
import type { Portal } from './portal.ts';

const STAMP = Date.now();

/** Plain calls to properties, pipelines, owners, account, associations and OAuth. */
export async function driveSettings(portal: Portal, version: ApiVersion): Promise<void> {
  const dated = version !== 'v3';
  const at = (name: string, legacy = 'v3'): string =>
    dated ? `/crm/${name}/${version}` : `/crm/${legacy}/${name}`;
  await driveProperties(portal, `${at('properties')}/deals`, version);
  await drivePipelines(portal, `${at('pipelines')}/deals`);
  await driveOwners(portal, at('owners'));
  await portal.call('GET', dated ? `/account-info/${version}/details` : '/account-info/v3/details');
  const currencies = dated ? `/settings/currencies/${version}` : '/settings/v3/currencies';
  for (const path of ['company-currency', 'exchange-rates/current', 'exchange-rates'])
    await portal.call('GET', `${currencies}/${path}`);
  await portal.call('GET', `${currencies}/central-fx-rates/information`);
  await driveAssociations(portal, at('objects'), at('objects', 'v4'), at('associations', 'v4'));
  await driveOauth(portal, dated ? [version] : ['v1', 'v3']);
}

async function driveProperties({ call }: Portal, base: string, version: string): Promise<void> {
  const suffix = `${version.replaceAll('-', '_')}_${STAMP}`;
  const groupName = `group_${suffix}`;
  const definition = { label: 'Probe', type: 'string', fieldType: 'text', groupName };
  await call('POST', `${base}/groups`, { name: groupName, label: 'Probe', displayOrder: 1 });
  await call('POST', `${base}/groups`, { name: groupName, label: 'Probe', displayOrder: 1 });
  await call('GET', `${base}/groups`);
  await call('GET', `${base}/groups/${groupName}`);
  await call('GET', `${base}/groups/nothing`);
  await call('POST', base, { name: `probe_${suffix}`, ...definition, hasUniqueValue: false });
  await call('POST', base, { name: `probe_${suffix}`, ...definition });
  await call('POST', base, { name: 'No Name', ...definition });
  await call('POST', `${base}/batch/create`, { inputs: [{ name: `second_${suffix}`, ...definition }] });
  await call('POST', `${base}/batch/read`, {
    archived: false,
    dataSensitivity: 'non_sensitive',
    inputs: [{ name: `probe_${suffix}` }, { name: 'nothing' }],
  });
  await call('GET', base);
  await call('GET', `${base}/dealstage`);
  await call('GET', `${base}/nothing`);
  await call('PATCH', `${base}/probe_${suffix}`, { label: 'Changed' });
  await call('DELETE', `${base}/probe_${suffix}`);
  await call('GET', `${base}?archived=true`);
  await call('DELETE', `${base}/groups/${groupName}`);
  await call('POST', `${base}/batch/archive`, { inputs: [{ name: `second_${suffix}` }] });
  await call('PATCH', `${base}/groups/${groupName}`, { label: 'Probed' });
  await call('DELETE', `${base}/groups/${groupName}`);
}

async function drivePipelines({ call }: Portal, base: string): Promise<void> {
  await call('GET', base);
  await call('GET', `${base}/default`);
  await call('GET', `${base}/nothing`);
  await call('GET', `${base}/default/stages`);
  await call('GET', `${base}/default/stages/closedwon`);
}

async function driveOwners({ call }: Portal, base: string): Promise<void> {
  await call('GET', `${base}?limit=2`);
  await call('GET', `${base}?archived=true`);
  await call('GET', `${base}/81000011`);
  await call('GET', `${base}/9000011?idProperty=userId`);
  await call('GET', `${base}/1`);
}

async function driveAssociations(
  { call }: Portal,
  objects: string,
  ofOne: string,
  base: string,
): Promise<void> {
  const company = idOf(
    await call('POST', `${objects}/companies`, { properties: { name: 'A' }, associations: [] }),
  );
  const deal = idOf(
    await call('POST', `${objects}/0-3`, {
      properties: { dealname: 'A', dealstage: 'contractsent', pipeline: 'default' },
      associations: [
        { to: { id: company }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 5 }] },
      ],
    }),
  );
  const pair = { from: { id: deal }, to: { id: company } };
  const primary = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 5 }];
  const between = `${base}/deals/companies`;
  await call('POST', `${between}/batch/create`, { inputs: [{ ...pair, types: primary }] });
  await call('POST', `${between}/batch/create`, {
    inputs: [{ from: { id: '1' }, to: { id: company }, types: primary }],
  });
  await call('POST', `${between}/batch/associate/default`, { inputs: [pair] });
  await call('POST', `${between}/batch/read`, { inputs: [{ id: deal }, { id: '1' }] });
  await call('GET', `${between}/labels`);
  const { json } = await call('POST', `${between}/labels`, {
    name: `probe_${STAMP}`,
    label: `Probe ${base}`,
  });
  const [label] = (json['results'] ?? []) as { typeId: number }[];
  const own = [{ associationCategory: 'USER_DEFINED', associationTypeId: label?.typeId }];
  await call('PUT', `${ofOne}/deals/${deal}/associations/companies/${company}`, own);
  await call('POST', `${between}/batch/read`, { inputs: [{ id: deal }] });
  await call('PUT', `${between}/labels`, { associationTypeId: label?.typeId, label: `Probed ${base}` });
  await call('DELETE', `${between}/labels/${label?.typeId}`);
  await call('DELETE', `${between}/labels/5`);
  await call('GET', `${ofOne}/deals/${deal}/associations/companies`);
  await call('PUT', `${ofOne}/deals/${deal}/associations/default/companies/${company}`);
  await call('PUT', `${ofOne}/deals/${deal}/associations/companies/${company}`, primary);
  await call('PUT', `${ofOne}/deals/${deal}/associations/companies/1`, primary);
  await call('DELETE', `${ofOne}/deals/${deal}/associations/companies/${company}`);
  await call('POST', `${between}/batch/archive`, { inputs: [{ from: { id: deal }, to: [{ id: company }] }] });
}

async function driveOauth({ call, form, sandbox }: Portal, versions: readonly string[]): Promise<void> {
  const { clientId, clientSecret, refreshToken } = sandbox.credentials;
  const client = { client_id: clientId, client_secret: clientSecret };
  for (const version of versions) {
    const renewal = { grant_type: 'refresh_token', ...client, refresh_token: refreshToken };
    const { json } = await form(`/oauth/${version}/token`, renewal);
    await form(`/oauth/${version}/token`, { ...renewal, refresh_token: 'wrong' });
    const token = String(json['access_token']);
    await form(`/oauth/${version}/token`, { ...renewal, grant_type: 'authorization_code', code: 'wrong' });
    const code = {
      ...client,
      grant_type: 'authorization_code',
      code: await consent(sandbox),
      redirect_uri: BACK,
    };
    await form(`/oauth/${version}/token`, code);
    const scope = 'developer.webhooks_journal.read';
    await form(`/oauth/${version}/token`, { ...client, grant_type: 'client_credentials', scope });
    if (version === 'v1') {
      await call('GET', `/oauth/v1/access-tokens/${token}`);
      await call('GET', `/oauth/v1/refresh-tokens/${refreshToken}`);
      continue;
    }
    await form(`/oauth/${version}/token/introspect`, { ...client, token });
    await form(`/oauth/${version}/token/introspect`, { ...client, token: refreshToken });
    await form(`/oauth/${version}/token/introspect`, { ...client, token: 'unknown' });
    await form(`/oauth/${version}/token/revoke`, { ...client, token });
  }
}

const BACK = 'https://app.example/back';

/** Agrees on the authorisation page, which is no part of the API and has no spec. */
async function consent({ url, credentials }: Portal['sandbox']): Promise<string> {
  const asked = { client_id: credentials.clientId, redirect_uri: BACK, scope: 'oauth' };
  const body = new URLSearchParams({ ...asked, decision: 'grant' });
  const answer = await fetch(`${url}/oauth/authorize`, { method: 'POST', body, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
}
