import type { ObjectType } from '../schema/schema.ts';
import { describeField } from './describe-field.ts';
import { requestedType, type ApiRequest, type Reply } from './request.ts';

// Describes are large and change only with the schema, so their text is kept per org and version.
const rendered = new WeakMap<ObjectType, Map<string, string>>();

/** `GET /sobjects`: every object of the org. */
export function describeGlobal(request: ApiRequest): Reply {
  if (isUnchanged(request)) return { status: 304, records: 0 };
  const sobjects = request.sandbox.org.preset.schema.objects.map((type) => summary(type, request.version));
  const body = { encoding: 'UTF-8', maxBatchSize: 200, sobjects };
  return { status: 200, body, headers: lastModified(request), records: 0 };
}

/** `GET /sobjects/{type}`: the object in short. */
export function describeBasic(request: ApiRequest): Reply {
  const type = requestedType(request);
  return {
    status: 200,
    body: { objectDescribe: summary(type, request.version), recentItems: [] },
    records: 0,
  };
}

/** `GET /sobjects/{type}/describe`; 304 when nothing changed since `If-Modified-Since`. */
export function describeObject(request: ApiRequest): Reply {
  const type = requestedType(request);
  if (isUnchanged(request)) return { status: 304, records: 0 };
  return {
    status: 200,
    json: describeText(type, request.version),
    headers: lastModified(request),
    records: 0,
  };
}

function isUnchanged(request: ApiRequest): boolean {
  const since = Date.parse(String(request.headers['if-modified-since'] ?? ''));
  // HTTP dates have whole seconds.
  return Math.floor(request.sandbox.schemaModifiedAt.getTime() / 1000) * 1000 <= since;
}

function lastModified(request: ApiRequest): Record<string, string> {
  return { 'last-modified': request.sandbox.schemaModifiedAt.toUTCString() };
}

function describeText(type: ObjectType, version: string): string {
  const known = rendered.get(type) ?? new Map<string, string>();
  rendered.set(type, known);
  const text = known.get(version) ?? JSON.stringify(fullDescribe(type, version));
  known.set(version, text);
  return text;
}

function fullDescribe(type: ObjectType, version: string): Record<string, unknown> {
  return {
    ...summary(type, version),
    actionOverrides: [],
    childRelationships: type.children.map((child) => ({
      cascadeDelete: false,
      childSObject: child.object,
      deprecatedAndHidden: false,
      field: child.field.name,
      junctionIdListNames: [],
      junctionReferenceTo: [],
      relationshipName: child.field.childRelationshipName ?? null,
      restrictedDelete: false,
    })),
    compactLayoutable: true,
    fields: type.fields.map(describeField),
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [masterRecordType(type, version)],
    searchLayoutable: true,
    sobjectDescribeOption: 'FULL',
    supportedScopes: [{ label: 'All', name: 'everything' }],
  };
}

function masterRecordType(type: ObjectType, version: string): Record<string, unknown> {
  const recordTypeId = '012000000000000AAA';
  const layout = `/services/data/v${version}/sobjects/${type.name}/describe/layouts/${recordTypeId}`;
  return {
    active: true,
    available: true,
    defaultRecordTypeMapping: true,
    developerName: 'Master',
    master: true,
    name: 'Master',
    recordTypeId,
    urls: { layout },
  };
}

function summary(type: ObjectType, version: string): Record<string, unknown> {
  const { definition } = type;
  const url = `/services/data/v${version}/sobjects/${type.name}`;
  return {
    activateable: false,
    createable: definition.createable,
    custom: type.name.endsWith('__c'),
    customSetting: false,
    deletable: definition.deletable,
    deprecatedAndHidden: false,
    feedEnabled: false,
    hasSubtypes: false,
    isSubtype: false,
    keyPrefix: definition.keyPrefix,
    label: definition.label,
    labelPlural: definition.labelPlural,
    layoutable: !definition.internal,
    mergeable: ['Account', 'Contact'].includes(type.name),
    mruEnabled: !definition.internal,
    name: type.name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: !definition.internal,
    triggerable: !definition.internal,
    undeletable: definition.undeletable,
    updateable: definition.updateable,
    urls: { sobject: url, describe: `${url}/describe`, rowTemplate: `${url}/{ID}` },
  };
}
