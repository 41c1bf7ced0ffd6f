import type { Call, Route } from '../http/call.ts';
import { propertyPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { errorAnswer, invalid, notFound, VendorError, type Answer } from '../http/vendor-error.ts';
import { typeIn } from '../objects/find-record.ts';
import { schemaReadScopes, schemaWriteScopes } from '../objects/scopes.ts';
import { defaultGroup } from '../portal/property-catalogue.ts';
import type { PropertyGroup, Schema } from '../portal/portal.ts';
import { groupCreateSchema, groupUpdateSchema } from './property-shapes.ts';

/** `/crm/v3/properties/{objectType}/groups…`. */
export function groupRoutes(): Route[] {
  return [
    ...routes('GET', '', schemaReadScopes, (call) => {
      return { status: 200, json: { results: [...schemaOf(call).groups.values()].map(present) } };
    }),
    ...routes('POST', '', schemaWriteScopes, create),
    ...routes('GET', '/{groupName}', schemaReadScopes, (call) => {
      return { status: 200, json: present(existing(call)) };
    }),
    ...routes('PATCH', '/{groupName}', schemaWriteScopes, update),
    ...routes('DELETE', '/{groupName}', schemaWriteScopes, archive),
  ];
}

function routes(method: string, rest: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return propertyPaths(`/{objectType}/groups${rest}`).map((pattern) => {
    return { method, pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

function create(call: Call): Answer {
  const { name, label, displayOrder = -1 } = readJson(call, groupCreateSchema);
  if (schemaOf(call).groups.has(name)) {
    const message = `A property group named '${name}' already exists.`;
    throw new VendorError(errorAnswer(409, { message, category: 'OBJECT_ALREADY_EXISTS' }));
  }
  const group = { name, label, displayOrder };
  call.sandbox.ledger.commitSetting({ kind: 'group', type: typeIn(call).id, group });
  return { status: 201, json: present(group) };
}

function update(call: Call): Answer {
  const known = existing(call);
  const { label = known.label, displayOrder = known.displayOrder } = readJson(call, groupUpdateSchema);
  const group = { ...known, label, displayOrder };
  call.sandbox.ledger.commitSetting({ kind: 'group', type: typeIn(call).id, group });
  return { status: 200, json: present(group) };
}

/** Only an empty group of the portal's own goes. */
function archive(call: Call): Answer {
  const group = existing(call);
  const type = typeIn(call).id;
  const full = [...schemaOf(call).properties.values()].some(
    ({ groupName, archived }) => groupName === group.name && !archived,
  );
  if (full || group.name === defaultGroup(type)) {
    throw invalid(`Property group '${group.name}' still has properties.`);
  }
  call.sandbox.ledger.commitSetting({ kind: 'group', type, group, removed: true });
  return { status: 204 };
}

function existing(call: Call): PropertyGroup {
  const { groupName = '' } = call.params;
  const group = schemaOf(call).groups.get(groupName);
  if (group === undefined) throw notFound(`Property group ${groupName} does not exist`);
  return group;
}

function schemaOf(call: Call): Schema {
  return call.sandbox.portal.schemas[typeIn(call).id];
}

function present(group: PropertyGroup): unknown {
  return { ...group, archived: false };
}
