import { z } from 'zod';
import { resolveAssociations } from '../associations/resolve.ts';
import type { Call, Route } from '../http/call.ts';
import { objectPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { objectNotFound, type Answer } from '../http/vendor-error.ts';
import { OBJECT_TYPES, objectType, type ObjectType } from '../portal/object-types.ts';
import { appAuthor } from '../records/author.ts';
import type { RecordChange } from '../records/change.ts';
import type { CrmRecord } from '../records/record.ts';
import { archivedRecord, checkReadKey, findRecord, typeIn } from './find-record.ts';
import { associationsSchema, propertiesSchema } from './input-shapes.ts';
import { planCreate, planUpdate, type WritePlan } from './plan-write.ts';
import { namesToShow, presentHistories, presentRead, presentWritten, type ApiObject } from './present.ts';
import { flagParam, listParam } from './read-options.ts';
import { readScopes, writeScopes } from './scopes.ts';
import { refuseAll } from './write-fault.ts';

/** `…/{objectType}/{objectId}` and `POST …/{objectType}`. */
export function singleRoutes(): Route[] {
  return [
    ...routes('POST', '/{objectType}', writeScopes, createOne),
    ...routes('GET', '/{objectType}/{objectId}', readScopes, readOne),
    ...routes('PATCH', '/{objectType}/{objectId}', writeScopes, updateOne),
    ...routes('DELETE', '/{objectType}/{objectId}', writeScopes, archiveOne),
  ];
}

function routes(method: string, rest: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return objectPaths(rest).map((pattern) => {
    return { method, pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

const createSchema = z.object({ properties: propertiesSchema, associations: associationsSchema });
const updateSchema = z.object({ properties: propertiesSchema });

function createOne(call: Call): Answer {
  const { properties, associations } = readJson(call, createSchema);
  const type = typeIn(call);
  call.records = 1;
  const links = resolveAssociations(call, type, associations ?? []);
  if ('fault' in links) throw refuseAll(call.sandbox.portal.portalId, [links.fault]);
  const change = accept(call, planCreate(call, type, properties, new Map()));
  const record = commitOne(call, change);
  call.sandbox.ledger.commitAssociations(
    author(call),
    links.links.map((link) => ({ op: 'associate', fromId: record.id, ...link })),
  );
  const location = `${call.sandbox.url}/crm/v3/objects/${type.id}/${record.id}`;
  const json = presentWritten(record, change.values, change.calculated);
  return { status: 201, json, headers: { Location: location } };
}

function readOne(call: Call): Answer {
  const type = typeIn(call);
  call.records = 1;
  const id = call.params['objectId'] as string;
  const idProperty = call.query.get('idProperty') ?? undefined;
  if (idProperty !== undefined) checkReadKey(call, type, idProperty);
  const record = flagParam(call, 'archived')
    ? archivedRecord(call, type, id)
    : findRecord(call, type, id, idProperty);
  if (record === undefined) throw objectNotFound();
  return { status: 200, json: presentWithExtras(call, type, record) };
}

/** A record with the histories and associations that the query asks for. */
export function presentWithExtras(call: Call, type: ObjectType, record: CrmRecord): ApiObject {
  const histories = listParam(call, 'propertiesWithHistory');
  const shown = presentRead(record, namesToShow(type.id, [...listParam(call, 'properties'), ...histories]));
  if (histories.length > 0) {
    const limit = call.sandbox.settings.historyLimit;
    shown.propertiesWithHistory = presentHistories(record, histories, limit);
  }
  const associations = presentAssociations(call, type, record);
  if (Object.keys(associations).length > 0) shown['associations'] = associations;
  return shown;
}

function presentAssociations(call: Call, type: ObjectType, record: CrmRecord): Record<string, unknown> {
  const wanted = new Set(listParam(call, 'associations').map((name) => objectType(name)));
  const shown: Record<string, unknown> = {};
  for (const to of OBJECT_TYPES.filter((one) => wanted.has(one))) {
    const neighbours = call.sandbox.ledger.associations.of(type.id, record.id, to.id);
    if (neighbours.length === 0) continue;
    const name = `${type.singular}_to_${to.singular}`;
    shown[to.plural] = { results: neighbours.map(({ id }) => ({ id, type: name })) };
  }
  return shown;
}

function updateOne(call: Call): Answer {
  const { properties } = readJson(call, updateSchema);
  const type = typeIn(call);
  call.records = 1;
  const idProperty = call.query.get('idProperty') ?? undefined;
  if (idProperty !== undefined) checkReadKey(call, type, idProperty);
  const found = findRecord(call, type, call.params['objectId'] as string, idProperty);
  if (found === undefined) throw objectNotFound();
  const change = accept(call, planUpdate(call, type, found, properties, new Map()));
  const record = commitOne(call, change);
  return { status: 200, json: presentWritten(record, change.values, change.calculated) };
}

/** 204 even when there was nothing: archiving is idempotent. */
function archiveOne(call: Call): Answer {
  const type = typeIn(call);
  call.records = 1;
  const record = call.sandbox.ledger.stores[type.id].live(call.params['objectId'] as string);
  if (record !== undefined) commitOne(call, { op: 'delete', type: type.id, id: record.id, values: {} });
  return { status: 204 };
}

function accept(call: Call, plan: WritePlan): RecordChange {
  if ('fault' in plan) throw refuseAll(call.sandbox.portal.portalId, [plan.fault]);
  return plan.change;
}

function commitOne(call: Call, change: RecordChange): CrmRecord {
  return call.sandbox.ledger.commitRecords(author(call), [change])[0] as CrmRecord;
}

function author(call: Call): ReturnType<typeof appAuthor> {
  return appAuthor(call.grant?.appId ?? 0, call.requestId);
}
