import { parseQuery, type WhereClause } from '@jetstreamapp/soql-parser-js';
import type { Call } from './exchange.ts';

/** A record that must be there before a request can be answered as it was recorded. */
export interface PresupposedRecord {
  values: Record<string, unknown>;
  deleted: boolean;
}

/** Records by id. */
export type Presupposed = Map<string, PresupposedRecord>;

type Item = Record<string, unknown>;

const ID = /^[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?$/;

/** Answers after which the record named was not there. */
const NOT_THERE: ReadonlySet<string> = new Set(['INVALID_CROSS_REFERENCE_KEY', 'NOT_FOUND', 'MALFORMED_ID']);

/** Reads from a request and its recorded answer which records the org had. */
export function presupposed(exchange: Call): Presupposed {
  const found: Presupposed = new Map();
  const [resource = '', ...rest] = exchange.path.split('/').slice(4);
  if (resource === 'query' || resource === 'queryAll') fromQuery(found, exchange);
  else if (resource === 'sobjects') fromRow(found, exchange, rest);
  else if (resource === 'composite' && rest[0] === 'sobjects') fromCollection(found, exchange, rest.slice(1));
  return found;
}

function need(found: Presupposed, id: unknown, values: Item = {}, deleted = false): void {
  if (typeof id !== 'string' || !ID.test(id)) return;
  const known = found.get(id);
  found.set(id, { values: { ...known?.values, ...values }, deleted: known?.deleted ?? deleted });
}

/** `/sobjects/Type/id` or `/sobjects/Type/field/value`. */
function fromRow(found: Presupposed, { method, status, request, response }: Call, rest: string[]): void {
  const [, id] = rest;
  if (id === 'describe' || rest.length < 2) return needReferences(found, request);
  if (method === 'GET') {
    if (status === 200 && isItem(response)) needRecord(found, response);
    return;
  }
  const code = Array.isArray(response) ? errorCode(response[0]) : undefined;
  needTarget(found, id, code);
  needReferences(found, request);
}

function fromCollection(found: Presupposed, exchange: Call, rest: string[]): void {
  const results = Array.isArray(exchange.response) ? (exchange.response as unknown[]) : [];
  if (exchange.method === 'DELETE') {
    const ids = decodeURIComponent(exchange.query?.['ids'] ?? '').split(',');
    ids.forEach((id, index) => needTarget(found, id, itemCode(results[index])));
    return;
  }
  if (exchange.method === 'GET' || rest.length === 1) {
    for (const one of results) if (isItem(one)) needRecord(found, one);
    return;
  }
  const records = isItem(exchange.request) ? exchange.request['records'] : undefined;
  if (!Array.isArray(records)) return;
  records.filter(isItem).forEach((record, index) => {
    const result = results[index];
    needTarget(found, record['id'] ?? record['Id'], itemCode(result));
    needReferences(found, record);
    needHolder(found, record, result);
    const [, key] = rest;
    if (key !== undefined && isItem(result) && result['created'] === false)
      need(found, result['id'], { [key]: record[key] });
  });
}

function needTarget(found: Presupposed, id: unknown, code: string | undefined): void {
  if (code !== undefined && NOT_THERE.has(code)) return;
  need(found, id, {}, code === 'ENTITY_IS_DELETED');
}

/** Whoever holds the value that a duplicate collided with. */
function needHolder(found: Presupposed, record: Item, result: unknown): void {
  const collision = /(\w+) duplicates value on record with id: (\w+)/.exec(JSON.stringify(result));
  if (collision === null) return;
  const [, field = '', id] = collision;
  need(found, id, { [field]: record[field] });
}

function needReferences(found: Presupposed, record: unknown): void {
  if (!isItem(record)) return;
  for (const name in record) if (name !== 'id' && name.endsWith('Id')) need(found, record[name]);
}

/** A record as answered: its own fields, the parents nested in it, its children. */
function needRecord(found: Presupposed, record: Item, conditions: Item = {}): string | undefined {
  const id = idOf(record);
  if (id === undefined) return undefined;
  const values: Item = { ...conditions };
  for (const name in record) {
    const value = record[name];
    if (!isItem(value)) values[name] = value;
    else if (Array.isArray(value['records']))
      for (const child of value['records']) if (isItem(child)) needRecord(found, child, { [`@parent`]: id });
    if (isItem(value) && 'attributes' in value) values[`@${name}`] = needRecord(found, value);
  }
  need(found, id, values);
  return id;
}

function idOf(record: Item): string | undefined {
  const { attributes } = record;
  const url = isItem(attributes) ? attributes['url'] : undefined;
  if (typeof url === 'string') return url.slice(url.lastIndexOf('/') + 1);
  return typeof record['Id'] === 'string' ? record['Id'] : undefined;
}

function fromQuery(found: Presupposed, { query, response }: Call): void {
  const records = isItem(response) ? response['records'] : undefined;
  if (!Array.isArray(records) || records.length === 0) return;
  const soql = decodeURIComponent((query?.['q'] ?? '').replaceAll('+', ' '));
  const where = parseQuery(soql).where;
  const conditions = where === undefined ? {} : equalities(where);
  for (const record of records.filter(isItem)) needRecord(found, record, conditions);
}

/** Values that every record of the answer must have had: `Field = 'value'`, joined by AND. */
function equalities(where: WhereClause): Item {
  const values: Item = {};
  let clause: WhereClause | undefined = where;
  while (clause !== undefined) {
    const { left } = clause as { left?: unknown };
    if (isItem(left) && left['operator'] === '=' && typeof left['field'] === 'string')
      values[left['field']] = literal(left['value']);
    clause = 'right' in clause ? (clause.right as WhereClause) : undefined;
  }
  return values;
}

function literal(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.startsWith("'")) return value.slice(1, -1).replace(/\\(.)/g, '$1');
  if (value === 'null') return null;
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  return Number.isNaN(Number(value)) ? value : Number(value);
}

function itemCode(result: unknown): string | undefined {
  const errors = isItem(result) ? result['errors'] : undefined;
  return Array.isArray(errors) ? errorCode(errors[0]) : undefined;
}

function errorCode(error: unknown): string | undefined {
  if (!isItem(error)) return undefined;
  const code = error['statusCode'] ?? error['errorCode'];
  return typeof code === 'string' ? code : undefined;
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
