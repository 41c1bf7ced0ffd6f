import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { propertyPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import {
  batchError,
  errorAnswer,
  invalid,
  notFound,
  VendorError,
  type Answer,
} from '../http/vendor-error.ts';
import { typeIn } from '../objects/find-record.ts';
import { flagParam } from '../objects/read-options.ts';
import { schemaReadScopes, schemaWriteScopes } from '../objects/scopes.ts';
import { batchAnswer, checkBatchSize } from '../objects/batch-writes.ts';
import { defineProperty, type Property } from '../portal/property.ts';
import type { Schema } from '../portal/portal.ts';
import {
  checkDefinition,
  presentProperty,
  propertyCreateSchema,
  propertyUpdateSchema,
  type PropertyCreate,
} from './property-shapes.ts';

/** Unique-valued properties an object may have (facts: Batch [D]). */
const UNIQUE_LIMIT = 10;

/** `/crm/v3/properties/{objectType}…`. */
export function propertyRoutes(): Route[] {
  return [
    ...routes('GET', '', schemaReadScopes, readAll),
    ...routes('POST', '', schemaWriteScopes, create),
    ...routes('POST', '/batch/create', schemaWriteScopes, batchCreate),
    ...routes('POST', '/batch/read', schemaReadScopes, batchRead),
    ...routes('POST', '/batch/archive', schemaWriteScopes, batchArchive),
    ...routes('GET', '/{propertyName}', schemaReadScopes, readOne),
    ...routes('PATCH', '/{propertyName}', schemaWriteScopes, update),
    ...routes('DELETE', '/{propertyName}', schemaWriteScopes, archive),
  ];
}

function routes(method: string, rest: string, scopes: Route['scopes'], handle: Route['handle']): Route[] {
  return propertyPaths(`/{objectType}${rest}`).map((pattern) => {
    return { method, pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

function readAll(call: Call): Answer {
  const archived = flagParam(call, 'archived');
  const all = [...schemaOf(call).properties.values()].filter((property) => property.archived === archived);
  return { status: 200, json: { results: all.map(presentProperty) } };
}

function readOne(call: Call): Answer {
  return { status: 200, json: presentProperty(existing(call, call.params['propertyName'] as string)) };
}

function create(call: Call): Answer {
  return { status: 201, json: presentProperty(add(call, readJson(call, propertyCreateSchema))) };
}

const batchCreateSchema = z.object({ inputs: z.array(propertyCreateSchema) });

/** All or nothing: every definition is checked before the first is made. */
function batchCreate(call: Call): Answer {
  const { inputs } = readJson(call, batchCreateSchema);
  checkBatchSize(inputs.length);
  for (const input of inputs) checkNew(call, input, inputs.filter((one) => one.hasUniqueValue).length - 1);
  if (new Set(inputs.map(({ name }) => name)).size < inputs.length) throw invalid('Duplicate property names');
  return batchAnswer(
    call,
    inputs.map((input) => presentProperty(add(call, input))),
    [],
    201,
  );
}

const batchReadSchema = z.object({ inputs: z.array(z.object({ name: z.string() })) });

function batchRead(call: Call): Answer {
  const { inputs } = readJson(call, batchReadSchema);
  checkBatchSize(inputs.length);
  const { properties } = schemaOf(call);
  const found: unknown[] = [];
  const missing: string[] = [];
  for (const { name } of inputs) {
    const property = properties.get(name);
    if (property === undefined || property.archived) missing.push(name);
    else found.push(presentProperty(property));
  }
  const errors = missing.map((name) =>
    batchError('OBJECT_NOT_FOUND', `Property ${name} does not exist`, { name: [name] }),
  );
  return batchAnswer(call, found, errors, 200);
}

function add(call: Call, input: PropertyCreate): Property {
  checkNew(call, input, 0);
  const { description, options, hasUniqueValue, hidden, ...rest } = input;
  const property = defineProperty(
    {
      ...rest,
      description: description ?? '',
      options: options ?? [],
      hasUniqueValue: hasUniqueValue ?? false,
      hidden: hidden ?? false,
    },
    new Date(call.now).toISOString(),
  );
  call.sandbox.ledger.commitSetting({ kind: 'property', type: typeIn(call).id, property });
  return property;
}

/** `others`: how many further unique properties the same request makes. */
function checkNew(call: Call, input: PropertyCreate, others: number): void {
  checkDefinition(input);
  const schema = schemaOf(call);
  if (schema.properties.has(input.name)) {
    throw new VendorError(
      errorAnswer(409, {
        message: `A property named '${input.name}' already exists.`,
        category: 'OBJECT_ALREADY_EXISTS',
      }),
    );
  }
  if (!schema.groups.has(input.groupName)) {
    throw invalid(`Property group '${input.groupName}' does not exist.`);
  }
  const own = schema.unique.filter((name) => !schema.properties.get(name)?.hubspotDefined);
  if (input.hasUniqueValue && own.length + others + 1 > UNIQUE_LIMIT) {
    throw invalid(`An object can have no more than ${UNIQUE_LIMIT} properties with unique values.`);
  }
}

function update(call: Call): Answer {
  const change = readJson(call, propertyUpdateSchema);
  const property = existing(call, call.params['propertyName'] as string);
  if (property.hubspotDefined) throw invalid(`${property.name} is defined by HubSpot and cannot be changed.`);
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { status: 200, json: presentProperty(replace(call, property, given)) };
}

function archive(call: Call): Answer {
  const property = existing(call, call.params['propertyName'] as string);
  if (property.hubspotDefined)
    throw invalid(`${property.name} is defined by HubSpot and cannot be archived.`);
  replace(call, property, { archived: true });
  return { status: 204 };
}

const batchArchiveSchema = z.object({ inputs: z.array(z.object({ name: z.string() })) });

/** Those that are not there are passed over; one of HubSpot's own refuses them all. */
function batchArchive(call: Call): Answer {
  const { inputs } = readJson(call, batchArchiveSchema);
  checkBatchSize(inputs.length);
  const { properties } = schemaOf(call);
  const known = inputs.flatMap(({ name }) => properties.get(name) ?? []);
  const own = known.find((property) => property.hubspotDefined);
  if (own !== undefined) throw invalid(`${own.name} is defined by HubSpot and cannot be archived.`);
  for (const property of known) replace(call, property, { archived: true });
  return { status: 204 };
}

function replace(call: Call, property: Property, change: Partial<Property>): Property {
  const changed = { ...property, ...change, updatedAt: new Date(call.now).toISOString() };
  call.sandbox.ledger.commitSetting({ kind: 'property', type: typeIn(call).id, property: changed });
  return changed;
}

function existing(call: Call, name: string): Property {
  const property = schemaOf(call).properties.get(name);
  if (property === undefined || property.archived !== flagParam(call, 'archived')) {
    throw notFound(`Property ${name} does not exist`);
  }
  return property;
}

function schemaOf(call: Call): Schema {
  return call.sandbox.portal.schemas[typeIn(call).id];
}
