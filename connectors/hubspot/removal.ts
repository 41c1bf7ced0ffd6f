import type { CallOptions } from '../../src/crm/connector.ts';
import type { Removal, RemovalState } from '../../src/crm/removal.ts';
import { z } from 'zod';
import type { Caller } from './call.ts';
import type { HubspotSettings } from './config.ts';
import { readAssociations } from './read-associations.ts';
import { assign, readBatch } from './read-batch.ts';
import { PropertiesAnswer, type StoredRecord } from './schema.ts';
import type { StageCatalogue } from './stages.ts';
import { objectBatchPath, propertiesPath } from './versions.ts';

const READING = { stage: 'read', write: false } as const;
/** The most records of a read with histories (facts: Batch). */
const WITH_HISTORY = 50;
/** Only deals are ever made by a run that can be taken back. */
const DEALS = 'deals';
/** Values that HubSpot works out by itself are nobody's work. */
const BY_ITSELF = new Set(['CALCULATED', 'ANALYTICS', 'DEAL']);

/**
 * Taking deals that we made away again: archived, so that HubSpot can restore them for 90 days. Every value they ever had must be
 * of the app that made them, no note of anybody else may hang on them, and they must be open.
 */
export function removalOf(call: Caller, stages: StageCatalogue, settings: HubspotSettings): Removal {
  return {
    inspect: async (object, crmIds, options) => {
      const states: RemovalState[] = [];
      for (let start = 0; start < crmIds.length; start += WITH_HISTORY) {
        const part = crmIds.slice(start, start + WITH_HISTORY);
        states.push(...(await inspect({ call, stages, settings }, object, part, options)));
      }
      return states;
    },
    remove: async (crmIds, options) => {
      const inputs = [...new Set(crmIds)].map((id) => ({ id }));
      const path = objectBatchPath(DEALS, 'archive');
      const site = { stage: 'push', write: true } as const;
      // HubSpot answers for the whole batch alone; what is archived already is no error.
      if (inputs.length > 0)
        await call(site, { method: 'POST', path, body: { inputs } }, z.unknown(), options);
      return crmIds.map((crmId) => ({ crmId, status: 'removed' }));
    },
  };
}

interface Needed {
  call: Caller;
  stages: StageCatalogue;
  settings: HubspotSettings;
}

async function inspect(
  { call, stages, settings }: Needed,
  object: string,
  ids: readonly string[],
  options: CallOptions,
): Promise<RemovalState[]> {
  const written = await propertiesOfPeople(call, object, options);
  const fields = ['dealstage', 'hs_object_source', 'hs_object_source_id'];
  const reading = { object, ids: [...new Set(ids)], fields, withHistory: written };
  const found = assign(reading.ids, (await readBatch(call, reading, options)).records);
  const notes = await makersOfNotes(call, object, reading.ids, options);
  const meanings = await stages.meanings(new Set(), options);
  return ids.map((crmId) => {
    const record = found.get(crmId);
    if (record === undefined) return { crmId, refused: 'it is not there any more' };
    const { hs_object_source: source, hs_object_source_id: maker, dealstage } = record.properties;
    const isOurs = source === 'INTEGRATION' && (settings.appId ?? maker) === maker;
    if (record.id !== crmId) return { crmId, refused: 'it was merged with another record' };
    if (!isOurs) return { crmId, refused: 'somebody else made it' };
    if (changedByOthers(record, String(maker))) return { crmId, refused: 'somebody changed it since' };
    if (notes.get(crmId)?.some((one) => one !== maker))
      return { crmId, refused: 'somebody wrote a note on it' };
    return { crmId, refused: meanings.get(String(dealstage))?.closed === true ? 'it is closed' : null };
  });
}

/** Properties that people and programmes can write. */
async function propertiesOfPeople(call: Caller, object: string, options: CallOptions): Promise<string[]> {
  const path = propertiesPath(object);
  const { data } = await call(READING, { method: 'GET', path }, PropertiesAnswer, options);
  return data.results
    .filter(
      ({ calculated, modificationMetadata }) =>
        calculated !== true && modificationMetadata?.readOnlyValue !== true,
    )
    .map(({ name }) => name);
}

function changedByOthers({ propertiesWithHistory = {} }: StoredRecord, maker: string): boolean {
  return Object.values(propertiesWithHistory)
    .flat()
    .some(
      ({ sourceType = '', sourceId }) =>
        !BY_ITSELF.has(sourceType) && !(sourceType === 'INTEGRATION' && sourceId === maker),
    );
}

/** Deal id → the app, or nothing, that made each of its notes. */
async function makersOfNotes(
  call: Caller,
  object: string,
  ids: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, unknown[]>> {
  const hanging = await readAssociations(call, READING, { from: object, to: 'notes', ids }, options);
  const noteIds = [...new Set([...hanging.values()].flatMap((notes) => [...notes.keys()]))];
  const makers = new Map<string, unknown>();
  for (let start = 0; start < noteIds.length; start += 100) {
    const part = noteIds.slice(start, start + 100);
    const reading = { object: 'notes', ids: part, fields: ['hs_object_source_id'] };
    for (const { id, properties } of (await readBatch(call, reading, options)).records)
      makers.set(id, properties['hs_object_source_id']);
  }
  return new Map([...hanging].map(([id, notes]) => [id, [...notes.keys()].map((note) => makers.get(note))]));
}
