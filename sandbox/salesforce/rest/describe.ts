import { fieldsOfVersion } from '../schema/field-versions.ts';
import type { ObjectType } from '../schema/schema.ts';
import { describeChildren } from './describe-children.ts';
import { describeField } from './describe-field.ts';
import { describeRecordTypes } from './describe-record-types.ts';
import { recentItems } from './recent-records.ts';
import { requestedType, type ApiRequest, type Reply } from './request.ts';

// Describes are large and change only with the schema, so their text is kept per org and version.
const rendered = new WeakMap<ObjectType, Map<string, string>>();

/** `GET /sobjects`: every object of the org. */
export function describeGlobal(request: ApiRequest): Reply {
  if (isUnchanged(request)) return { status: 304, records: 0 };
  const sobjects = [...request.sandbox.org.preset.schema.objects]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((type) => summary(type, request.version));
  const body = { encoding: 'UTF-8', maxBatchSize: 200, sobjects };
  return { status: 200, body, records: 0 };
}

/** `GET /sobjects/{type}`: the object in short. */
export function describeBasic(request: ApiRequest): Reply {
  const type = requestedType(request);
  return {
    status: 200,
    body: { objectDescribe: summary(type, request.version), recentItems: recentItems(request, type) },
    records: 0,
  };
}

/** `GET /sobjects/{type}/describe`; 304 when nothing changed since `If-Modified-Since`. */
export function describeObject(request: ApiRequest): Reply {
  const type = requestedType(request);
  if (isUnchanged(request)) return { status: 304, records: 0 };
  return {
    status: 200,
    json: describeText(request, type),
    records: 0,
  };
}

function isUnchanged(request: ApiRequest): boolean {
  const since = Date.parse(String(request.headers['if-modified-since'] ?? ''));
  // HTTP dates have whole seconds.
  return Math.floor(request.sandbox.schemaModifiedAt.getTime() / 1000) * 1000 <= since;
}

function describeText(request: ApiRequest, type: ObjectType): string {
  const { version, sandbox } = request;
  const known = rendered.get(type) ?? new Map<string, string>();
  rendered.set(type, known);
  // Record types are rows, and may be added while the schema stays as it is.
  const key = `${version} ${sandbox.org.table('RecordType').liveCount()}`;
  const text = known.get(key) ?? JSON.stringify(fullDescribe(request, type));
  known.set(key, text);
  return text;
}

function fullDescribe(request: ApiRequest, type: ObjectType): Record<string, unknown> {
  const { version, sandbox } = request;
  const label = type.definition.labelPlural.toLowerCase();
  const described = {
    ...summary(type, version),
    actionOverrides: [],
    childRelationships: describeChildren(sandbox.org.preset.schema, type, version),
    compactLayoutable: type.definition.layoutable,
    fields: fieldsOfVersion(type, version).map(describeField),
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: describeRecordTypes(sandbox.org, type, version),
    searchLayoutable: type.definition.searchable,
    sobjectDescribeOption: 'FULL',
    supportedScopes: [
      { label: `All ${label}`, name: 'everything' },
      ...type.definition.scopes.map((scope) => ({
        label: `${SCOPES[scope] ?? scope} ${label}`,
        name: scope,
      })),
    ],
    urls: { ...urls(type, version), ...pageUrls(request, type) },
  };
  return Object.fromEntries(Object.entries(described).sort(([left], [right]) => (left < right ? -1 : 1)));
}

const SCOPES: Readonly<Record<string, string>> = { mine: 'My', team: "My team's" };

function summary(type: ObjectType, version: string): Record<string, unknown> {
  const { definition } = type;
  return {
    activateable: false,
    createable: definition.createable && type.denied.create !== true,
    custom: type.name.endsWith('__c'),
    customSetting: false,
    deletable: definition.deletable && type.denied.delete !== true,
    deprecatedAndHidden: false,
    feedEnabled: definition.feedEnabled,
    hasSubtypes: false,
    isSubtype: false,
    keyPrefix: definition.keyPrefix,
    label: definition.label,
    labelPlural: definition.labelPlural,
    layoutable: definition.layoutable,
    mergeable: definition.mergeable,
    mruEnabled: definition.layoutable,
    name: type.name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: definition.searchable,
    triggerable: definition.triggerable,
    undeletable: definition.undeletable,
    updateable: definition.updateable && type.denied.edit !== true,
    urls: urls(type, version),
  };
}

function urls(type: ObjectType, version: string): Record<string, string> {
  const sobject = `/services/data/v${version}/sobjects/${type.name}`;
  const basic = { rowTemplate: `${sobject}/{ID}`, describe: `${sobject}/describe`, sobject };
  if (!type.definition.layoutable) return basic;
  return {
    ...basic,
    compactLayouts: `${sobject}/describe/compactLayouts`,
    approvalLayouts: `${sobject}/describe/approvalLayouts`,
    listviews: `${sobject}/listviews`,
    quickActions: `${sobject}/quickActions`,
    layouts: `${sobject}/describe/layouts`,
  };
}

/** Where people see, edit and create records; only the describe of one object says it. */
function pageUrls(request: ApiRequest, type: ObjectType): Record<string, string> {
  if (!type.definition.layoutable) return {};
  const { url } = request.sandbox;
  return {
    uiDetailTemplate: `${url}/{ID}`,
    uiEditTemplate: `${url}/{ID}/e`,
    uiNewRecord: `${url}/${type.definition.keyPrefix}/e`,
  };
}
