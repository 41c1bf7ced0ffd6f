import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { runSoql } from '../soql/run-query.ts';
import { canonicalId, recordId } from '../ids.ts';
import { queryOptions } from './query-options.ts';
import { renderValue } from './render.ts';
import { requestedType, type ApiRequest, type Reply } from './request.ts';
import { notFound, RestError } from './rest-error.ts';

/** A list that users of the org find on an object's page. */
interface ListView {
  id: string;
  type: ObjectType;
  developerName: string;
  label: string;
  scope: 'everything' | 'mine';
}

const DEFAULT_RESULTS = 25;
const MAX_RESULTS = 2000;
const VIEWS_PER_OBJECT = 2;
const MAX_COLUMNS = 6;

/** `GET /sobjects/{type}/listviews`: all records, and one's own where records have owners. */
export function listListViews(request: ApiRequest): Reply {
  const type = requestedType(request);
  const listviews = viewsOf(request, type).map((view) => summaryOf(request, view));
  const body = {
    done: true,
    listviews,
    nextRecordsUrl: null,
    size: listviews.length,
    sobjectType: type.name,
  };
  return { status: 200, body, records: 0 };
}

/** `GET /sobjects/{type}/listviews/{id}` */
export function readListView(request: ApiRequest): Reply {
  return { status: 200, body: summaryOf(request, requestedView(request)), records: 0 };
}

/** `GET /sobjects/{type}/listviews/{id}/describe` */
export function describeListView(request: ApiRequest): Reply {
  const view = requestedView(request);
  const sortedBy = columnsOf(view.type)[0];
  const body = {
    columns: describeColumns(view.type),
    id: view.id,
    orderBy:
      sortedBy === undefined
        ? []
        : [{ fieldNameOrPath: sortedBy.name, nullsPosition: 'first', sortDirection: 'ascending' }],
    query: queryOf(view),
    relatedEntityId: null,
    scope: view.scope,
    scopeEntity: null,
    sobjectType: view.type.name,
    whereCondition: null,
  };
  return { status: 200, body, records: 0 };
}

/** `GET /sobjects/{type}/listviews/{id}/results?limit=&offset=` */
export function readListViewResults(request: ApiRequest): Reply {
  const view = requestedView(request);
  const limit = readCount(request, 'limit', DEFAULT_RESULTS);
  const offset = readCount(request, 'offset', 0);
  const { rows } = runSoql(request.sandbox.org, queryOf(view), queryOptions(request, false));
  const shown = rows.slice(offset, offset + limit);
  const fields = columnsOf(view.type);
  const records = shown.map((row) => ({
    columns: fields.map((field) => ({
      fieldNameOrPath: field.name,
      value: cellText(field, row[field.name]),
    })),
  }));
  const body = {
    columns: describeColumns(view.type),
    developerName: view.developerName,
    done: offset + shown.length >= rows.length,
    id: view.id,
    label: view.label,
    records,
    size: records.length,
  };
  return { status: 200, body, records: records.length };
}

/** The query behind a list view of the org; undefined when nothing has that id. */
export function listViewQuery(request: ApiRequest, id: string): string | undefined {
  for (const type of request.sandbox.org.preset.schema.objects) {
    const view = viewsOf(request, type).find((one) => one.id === canonicalId(id));
    if (view !== undefined) return queryOf(view);
  }
  return undefined;
}

function viewsOf({ sandbox }: ApiRequest, type: ObjectType): ListView[] {
  if (!type.definition.layoutable || columnsOf(type).length === 0) return [];
  const at = sandbox.org.preset.schema.objects.findIndex(({ name }) => name === type.name);
  const plural = type.definition.labelPlural;
  const nameOf = (prefix: string): string => `${prefix}${plural.replace(/\W/g, '')}`;
  const id = (n: number): string => recordId('00B', at * VIEWS_PER_OBJECT + n);
  const all = {
    id: id(1),
    type,
    developerName: nameOf('All'),
    label: `All ${plural}`,
    scope: 'everything',
  } as const;
  if (type.field('OwnerId') === undefined) return [all];
  return [all, { id: id(2), type, developerName: nameOf('My'), label: `My ${plural}`, scope: 'mine' }];
}

function requestedView(request: ApiRequest): ListView {
  const id = canonicalId(request.params['id'] ?? '');
  const view = viewsOf(request, requestedType(request)).find((one) => one.id === id);
  if (view === undefined) throw notFound();
  return view;
}

function summaryOf(request: ApiRequest, view: ListView): Record<string, unknown> {
  const url = `/services/data/v${request.version}/sobjects/${view.type.name}/listviews/${view.id}`;
  return {
    describeUrl: `${url}/describe`,
    developerName: view.developerName,
    id: view.id,
    label: view.label,
    resultsUrl: `${url}/results`,
    soqlCompatible: true,
    url,
  };
}

function queryOf({ type, scope }: ListView): string {
  const columns = columnsOf(type).map(({ name }) => name);
  const system = ['Id', 'CreatedDate', 'LastModifiedDate', 'SystemModstamp'].filter(
    (name) => type.field(name) !== undefined && !columns.includes(name),
  );
  const using = scope === 'mine' ? ' USING SCOPE mine' : '';
  return `SELECT ${[...columns, ...system].join(', ')} FROM ${type.name}${using} ORDER BY ${columns[0] ?? 'Id'} ASC NULLS FIRST, Id ASC NULLS FIRST`;
}

/** The name, and the first few fields that people fill in. */
function columnsOf(type: ObjectType): FieldDefinition[] {
  const name = type.fields.find((field) => field.nameField);
  if (name === undefined) return [];
  const others = type.fields.filter(
    (field) => field.createable && field.filterable && field.type !== 'reference' && !field.nameField,
  );
  return [name, ...others].slice(0, MAX_COLUMNS);
}

function describeColumns(type: ObjectType): Record<string, unknown>[] {
  return columnsOf(type).map((field, at) => ({
    ascendingLabel: at === 0 ? 'Z-A' : null,
    descendingLabel: at === 0 ? 'A-Z' : null,
    fieldNameOrPath: field.name,
    hidden: false,
    label: field.label,
    searchable: field.nameField,
    selectListItem: field.name,
    sortDirection: at === 0 ? 'ascending' : null,
    sortIndex: at === 0 ? 0 : null,
    sortable: true,
    type: field.type,
  }));
}

function cellText(field: FieldDefinition, value: string | number | boolean | undefined): string | null {
  const rendered = renderValue(field, value);
  return rendered === null ? null : String(rendered);
}

function readCount(request: ApiRequest, name: string, otherwise: number): number {
  const given = request.query.get(name);
  if (given === null) return otherwise;
  if (!/^\d+$/.test(given) || Number(given) > MAX_RESULTS)
    throw new RestError(400, 'INVALID_QUERY_PARAMETER', `invalid value for parameter '${name}': ${given}`);
  return Number(given);
}
