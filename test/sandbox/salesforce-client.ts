import { deal, type OpenOrg, type RawAnswer } from './salesforce-org.ts';

const DATA = '/services/data/v62.0';

/** Short forms of the calls that tests of behaviour make, all over HTTP. */
export interface Client {
  /** Creates a record and returns its id; throws the answer when it is refused. */
  add(object: string, fields: Record<string, unknown>): Promise<string>;
  addDeal(key: string, fields?: Record<string, unknown>): Promise<string>;
  create(
    object: string,
    fields: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<RawAnswer>;
  change(object: string, id: string, fields: Record<string, unknown>): Promise<RawAnswer>;
  remove(object: string, id: string): Promise<RawAnswer>;
  read(object: string, id: string): Promise<Record<string, unknown>>;
  /** Writes many records by `POST` (create) or `PATCH` (update). */
  many(
    method: 'POST' | 'PATCH',
    records: Record<string, unknown>[],
    options?: { allOrNone?: boolean; path?: string; headers?: Record<string, string> },
  ): Promise<ItemAnswer[]>;
  query(soql: string): Promise<Record<string, unknown>[]>;
}

/** One item of a collection's answer. */
export interface ItemAnswer {
  id?: string;
  success: boolean;
  created?: boolean;
  errors: Record<string, unknown>[];
}

/** Makes the short forms for an org. */
export function clientOf(org: OpenOrg): Client {
  const rows = (object: string, id = '') => `${DATA}/sobjects/${object}${id === '' ? '' : `/${id}`}`;
  const create: Client['create'] = (object, fields, headers = {}) =>
    org.raw('POST', rows(object), { body: fields, headers });
  const add: Client['add'] = async (object, fields) => {
    const { status, body } = await create(object, fields);
    if (status !== 201) throw new Error(`${object} refused: ${JSON.stringify(body)}`);
    return (body as { id: string }).id;
  };
  return {
    add,
    addDeal: (key, fields = {}) => add('Opportunity', deal(key, fields)),
    create,
    change: (object, id, fields) => org.raw('PATCH', rows(object, id), { body: fields }),
    remove: (object, id) => org.raw('DELETE', rows(object, id)),
    read: async (object, id) => (await org.raw('GET', rows(object, id))).body as Record<string, unknown>,
    async many(method, records, { allOrNone = false, path = '', headers = {} } = {}) {
      const target = `${DATA}/composite/sobjects${path}`;
      const answer = await org.raw(method, target, { body: { allOrNone, records }, headers });
      return answer.body as ItemAnswer[];
    },
    async query(soql) {
      const { body } = await org.raw('GET', `${DATA}/query?q=${encodeURIComponent(soql)}`);
      return (body as { records: Record<string, unknown>[] }).records;
    },
  };
}
