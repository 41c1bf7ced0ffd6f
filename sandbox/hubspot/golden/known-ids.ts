import { objectType, type ObjectType } from '../portal/object-types.ts';
import type { HubspotSandbox } from '../start.ts';
import type { Exchange } from './exchange.ts';

/** Id in the recording → id in our portal. */
export type KnownIds = Map<string, string>;

const ID = /\d{5,}/g;

/** A text of the recording with our ids in the place of those known. */
export function replaceIds(text: string, ids: KnownIds): string {
  return text.replace(ID, (id) => ids.get(id) ?? id);
}

/** Takes ids out of two answers of one shape, wherever both have one. */
export function learnIds(recorded: unknown, ours: unknown, ids: KnownIds): void {
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    recorded.forEach((one, index) => learnIds(one, ours[index], ids));
  } else if (isItem(recorded) && isItem(ours)) {
    const [left, right] = [recorded['id'], ours['id']];
    if (isId(left) && isId(right) && !ids.has(String(left))) ids.set(String(left), String(right));
    for (const name in recorded) learnIds(recorded[name], ours[name], ids);
  }
}

/**
 * Lays down the records that a recorded answer shows and our portal does not have yet: what a real portal held before
 * the recording began. Only properties that our portal knows are seeded.
 */
export async function seedNeeded(sandbox: HubspotSandbox, exchange: Exchange, ids: KnownIds): Promise<void> {
  const { request, response } = exchange;
  const type = typeOfPath(request.path);
  if (type === undefined || response.status >= 400 || isCreation(exchange)) return;
  for (const record of recordsIn(response.body)) {
    const id = String(record['id']);
    if (ids.has(id)) continue;
    const seeded = await seed(sandbox, type, record);
    if (seeded !== undefined) ids.set(id, seeded);
  }
}

function isCreation({ request, response }: Exchange): boolean {
  return request.method === 'POST' && response.status === 201;
}

function typeOfPath(path: string): ObjectType | undefined {
  const found = /^\/crm\/(?:v[34]\/objects|objects\/20\d\d-\d\d)\/([^/]+)/.exec(path)?.[1];
  return found === undefined ? undefined : objectType(decodeURIComponent(found));
}

type Item = Record<string, unknown>;

/** Records of an answer: itself, or its results. An upsert's new ones are made by the request. */
function recordsIn(body: unknown): Item[] {
  if (!isItem(body)) return [];
  const all = Array.isArray(body['results']) ? body['results'] : [body];
  return all
    .filter(isItem)
    .filter((one) => isId(one['id']) && isItem(one['properties']) && one['new'] !== true);
}

async function seed(sandbox: HubspotSandbox, type: ObjectType, record: Item): Promise<string | undefined> {
  const fields = await writableFields(sandbox, type, record['properties'] as Item);
  const answer = await fetch(`${sandbox.adminUrl}/seed`, {
    method: 'POST',
    body: JSON.stringify({ object: type.plural, records: [fields] }),
  });
  if (!answer.ok) return undefined;
  return ((await answer.json()) as { ids: string[] }).ids[0];
}

async function writableFields(sandbox: HubspotSandbox, type: ObjectType, properties: Item): Promise<Item> {
  const answer = await fetch(`${sandbox.url}/crm/v3/properties/${type.id}`, {
    headers: { authorization: `Bearer ${sandbox.credentials.privateAppToken}` },
  });
  const { results } = (await answer.json()) as {
    results: { name: string; modificationMetadata: { readOnlyValue: boolean } }[];
  };
  const known = results.filter((one) => !one.modificationMetadata.readOnlyValue).map(({ name }) => name);
  const given = known.filter((name) => typeof properties[name] === 'string' && name !== 'hubspot_owner_id');
  return Object.fromEntries(given.map((name) => [name, properties[name]]));
}

function isId(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && /^\d{5,}$/.test(String(value));
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
