import { hubspot } from '../../connectors/hubspot/definition.ts';
import { startForTest } from '../../sandbox/hubspot/testing.ts';
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import type { EngineCrm, FieldNames, Held, LostWrite } from './engine-crm.ts';

const lost: Readonly<Record<LostWrite, string>> = {
  update: '/batch/update',
  link: '^/crm/v4/associations/.*/batch/create',
  removal: '/batch/archive',
};

const fields: FieldNames = {
  name: 'dealname',
  amount: 'amount',
  currency: 'deal_currency_code',
  stage: 'dealstage',
  closeDate: 'closedate',
  key: 'tributary_deal_id',
  version: 'tributary_version',
  kind: 'dealtype',
  partner: 'tributary_partner',
  tier: 'tributary_partner_tier',
  sourced: 'tributary_partner_sourced',
  influence: 'tributary_partner_influence',
  registrationUrl: 'tributary_registration_url',
  note: 'hs_next_step',
  account: 'companies.primary',
  partnerAccount: 'companies.partner',
};

/** HubSpot's own association types between deal and company. */
const PRIMARY = 5;
const LINE_TO_DEAL = 20;
const OWN_TYPES = new Set([PRIMARY, 341]);

interface Shown {
  id: string;
  archived?: boolean;
  properties: Record<string, unknown>;
  associations: Record<string, { id: string; typeIds: number[] }[]>;
}

export async function openHubspotEngine(
  options: Parameters<typeof startForTest>[0] = {},
): Promise<EngineCrm> {
  const portal = await startForTest({ rateLimit: 'off', ...options });
  // Told in every answer: waiting for a turn would make tests slow.
  if (options.rateLimit !== 'on') await portal.admin('POST', '/limits', { burst: 100_000 });
  const { clientId, clientSecret, refreshToken, portalId, appId } = portal.credentials;
  const play = async (one: object): Promise<string> => {
    const answer = await portal.admin<{ records?: Shown[] }>('POST', '/play', [one]);
    const [record] = answer.records ?? [];
    if (record === undefined) throw new Error(`${JSON.stringify(one)}: ${JSON.stringify(answer)}`);
    return record.id;
  };
  const done = async (one: object): Promise<void> => void (await play(one));
  const companyOf = async (id: string, is: (types: number[]) => boolean): Promise<string | null> => {
    const { associations } = await portal.admin<Shown>('GET', `/records/deals/${id}`);
    return associations['companies']?.find(({ typeIds }) => is(typeIds))?.id ?? null;
  };
  const hangingOn = async (id: string, object: string): Promise<string[]> => {
    const { associations } = await portal.admin<Shown>('GET', `/records/deals/${id}`);
    return (associations[object] ?? []).map((one) => one.id);
  };
  const labelOf = async (): Promise<number> => {
    const { json } = await portal.call('GET', '/crm/v4/associations/deals/companies/labels');
    const labels = json['results'] as { category: string; typeId: number }[];
    return labels.find(({ category }) => category === 'USER_DEFINED')?.typeId ?? 0;
  };
  const setUp = async (method: string, path: string, body: object): Promise<void> => {
    const answer = await portal.call(method, path, method === 'POST' ? body : undefined);
    if (answer.status >= 300) throw new Error(answer.text);
  };
  return {
    vendor: 'hubspot',
    definition: hubspot as ConnectorDefinition,
    connection: {
      id: 'hubspot',
      vendor: 'hubspot',
      label: 'HubSpot',
      settings: {
        baseUrl: portal.url,
        sandbox: true,
        portalId: String(portalId),
        appId: String(appId),
        searchesPerSecond: 5,
      },
      credentials: { clientId, clientSecret, refreshToken },
      isSandbox: true,
      accountId: String(portalId),
      recordOrder: 1,
      pushSlots: 2,
    },
    mapping: new URL('../../mappings/hubspot/mapping.yaml', import.meta.url).pathname,
    objects: { deal: 'deals', account: 'companies', contact: 'contacts' },
    fields,
    account: { name: 'name', domain: 'domain' },
    contact: { phone: 'phone' },
    person: (name) => ({ lastname: name, email: `${name}@portal.example` }),
    stages: { first: 'appointmentscheduled', later: 'contractsent', won: 'closedwon', lost: 'closedlost' },
    unknownId: '19999999999',
    number: (text) => text,
    yes: String,
    day: (iso) => `${iso}T12:00:00.000Z`,
    seed: async (object, ...records) =>
      (await portal.admin<{ ids: string[] }>('POST', '/seed', { object, records })).ids,
    seedDeal: async (company, values) => {
      const place = {
        pipeline: 'default',
        dealstage: 'qualifiedtobuy',
        associations: { companies: [company] },
      };
      const records = [{ ...place, ...values }];
      const { ids } = await portal.admin<{ ids: string[] }>('POST', '/seed', { object: 'deals', records });
      return ids[0] ?? '';
    },
    records: async (object) => (await portal.admin<Shown[]>('GET', `/records/${object}`)).map(held),
    record: async (object, id) => held(await portal.admin<Shown>('GET', `/records/${object}/${id}`)),
    customerOf: (id) => companyOf(id, (types) => types.includes(PRIMARY)),
    // By the portal's own label.
    partnerOf: (id) => companyOf(id, (types) => types.some((type) => !OWN_TYPES.has(type))),
    accountsOf: (id) => hangingOn(id, 'companies'),
    contactsOf: (id) => hangingOn(id, 'contacts'),
    edit: (object, id, values) => done({ action: 'update', object, id, fields: values }),
    async repLinks(id, as, account) {
      const type = as === 'customer' ? PRIMARY : await labelOf();
      const { associations } = await portal.admin<Shown>('GET', `/records/deals/${id}`);
      const held = (associations['companies'] ?? []).filter(({ typeIds }) => typeIds.includes(type));
      const associationCategory = as === 'customer' ? 'HUBSPOT_DEFINED' : 'USER_DEFINED';
      const inputOf = (to: string): object => {
        return { from: { id }, to: { id: to }, types: [{ associationCategory, associationTypeId: type }] };
      };
      const write = async (action: string, inputs: object[]): Promise<void> => {
        if (inputs.length === 0) return;
        const path = `/crm/v4/associations/deals/companies/batch/${action}`;
        const answer = await portal.call('POST', path, { inputs });
        if (answer.status >= 300) throw new Error(answer.text);
      };
      await write(
        'labels/archive',
        held.map((one) => inputOf(one.id)),
      );
      await write('create', account === null ? [] : [inputOf(account)]);
    },
    remove: (object, id) => done({ action: 'delete', object, id }),
    restore: (object, id) => done({ action: 'undelete', object, id }),
    merge: (object, id, into) => play({ action: 'merge', object, id, into }),
    win: (id) => done({ action: 'win', id }),
    reopen: (id) => done({ action: 'reopen', id }),
    archiveStage: async (stage, archived, pipeline = 'default') =>
      void (await portal.admin('POST', '/stages', { pipeline, stage, archived })),
    async setOptions(name, ...values) {
      const options = values.map((value, displayOrder) => ({
        label: value,
        value,
        displayOrder,
        hidden: false,
      }));
      const made = {
        name,
        label: name,
        groupName: 'dealinformation',
        type: 'enumeration',
        fieldType: 'select',
      };
      const { status } = await portal.call('GET', `/crm/v3/properties/deals/${name}`);
      if (status === 404) return setUp('POST', '/crm/v3/properties/deals', { ...made, options });
      const answer = await portal.call('PATCH', `/crm/v3/properties/deals/${name}`, { options });
      if (answer.status >= 300) throw new Error(answer.text);
    },
    renameStage: async (stage, label) =>
      void (await portal.admin('POST', '/stages', { pipeline: 'default', stage, label })),
    changeField: async (name, isThere) => {
      if (isThere) await portal.admin('POST', '/properties/restore', { object: 'deals', name });
      else await setUp('DELETE', `/crm/v3/properties/deals/${name}`, {});
    },
    changeLabel: async (isThere) => {
      const made = { name: 'tributary_partner', label: 'Partner of record', inverseLabel: 'Partner for' };
      const path = `/crm/v4/associations/deals/companies/labels${isThere ? '' : `/${await labelOf()}`}`;
      await setUp(isThere ? 'POST' : 'DELETE', path, made);
    },
    async addLine(dealId, code, { quantity, price }) {
      const line = {
        name: `${code} product`,
        hs_sku: code,
        quantity: String(quantity),
        price: String(price),
      };
      const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: LINE_TO_DEAL }];
      const body = { properties: line, associations: [{ to: { id: dealId }, types }] };
      const answer = await portal.call('POST', '/crm/v3/objects/line_items', body);
      if (answer.status >= 300) throw new Error(answer.text);
      return String(answer.json['id']);
    },
    removeLine: (id) => done({ action: 'delete', object: 'line_items', id }),
    automate: async (...automations) => {
      const touched = Object.values(fields);
      const workflows = automations.map(({ on, set }, index) => ({
        id: String(index + 1),
        on: on === 'create' ? on : touched,
        set,
      }));
      await portal.admin('POST', '/workflows', workflows);
    },
    writes: () => portal.admin('GET', '/writes'),
    skip: async (ms) => void (await portal.admin('POST', '/clock', { advanceMs: ms })),
    endpoints: async () => Object.keys(await portal.admin('GET', '/requests/summary')),
    calls: async () => {
      const summary = await portal.admin<Record<string, { calls: number }>>('GET', '/requests/summary');
      // What stages mean is read once a minute, whatever is read besides.
      const counted = Object.entries(summary).filter(([endpoint]) => !endpoint.includes('/pipelines'));
      return counted.reduce((sum, [, { calls }]) => sum + calls, 0);
    },
    forget: async () => void (await portal.admin('DELETE', '/requests')),
    loseAnswer: async (to) =>
      void (await portal.admin('POST', '/faults', {
        rules: [
          { match: { path: lost[to] }, when: { times: 1 }, fault: { kind: 'reset', at: 'after-commit' } },
        ],
      })),
    breakDown: async () =>
      void (await portal.admin('POST', '/faults', {
        rules: [{ match: {}, fault: { kind: 'status', status: 503 } }],
      })),
    calm: async () => void (await portal.admin('DELETE', '/faults')),
    close: () => portal.close(),
  };
}

/** An empty property is no value: HubSpot holds both as "". */
function held({ id, archived, properties, associations }: Shown): Held {
  const none = Object.fromEntries(Object.values(fields).map((name) => [name, null]));
  const values = Object.entries(properties).map(([name, value]) => [name, value === '' ? null : value]);
  return { ...none, ...Object.fromEntries(values), associations, id, deleted: archived === true };
}
