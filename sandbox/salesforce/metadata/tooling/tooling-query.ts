import type { ApiRequest, Reply } from '../../rest/request.ts';
import type { Sandbox } from '../../sandbox.ts';
import { compileSchema } from '../../schema/schema.ts';
import { malformed } from '../../soql/query-error.ts';
import { runSoql } from '../../soql/run-query.ts';
import { createOrg, type Org } from '../../store/org.ts';
import { mergeRow } from '../../store/row.ts';
import { adminOf } from './tooling-access.ts';
import { toolingObjects } from './tooling-objects.ts';
import { toolingRows } from './tooling-rows.ts';

const SCHEMA = compileSchema(toolingObjects());

/** `GET /tooling/query?q=`: SOQL over the org's set-up. Everything fits one page. */
export function toolingQuery(request: ApiRequest): Reply {
  const sandbox = adminOf(request, 'ViewSetup');
  const soql = request.query.get('q') ?? '';
  if (soql.trim() === '') throw malformed("unexpected token: '<EOF>'");
  refuseUnfiltered(soql);
  const result = runSoql(toolingOrg(sandbox), soql, { version: request.version, includeDeleted: false });
  const records = result.countOnly
    ? []
    : result.rows.map((row) => asTooling(result.project(row), request.version));
  if (records.length > 1 && records.some((record) => 'Metadata' in record || 'FullName' in record)) {
    throw malformed(
      'When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval.',
    );
  }
  const body = { size: records.length, totalSize: result.rows.length, done: true, queryLocator: null };
  return {
    status: 200,
    body: { ...body, entityTypeName: result.type.name, records },
    records: records.length,
  };
}

/** An org that holds nothing but rows about the org: so its set-up is asked like any records. */
export function toolingOrg(sandbox: Sandbox): Org {
  const org = createOrg({ ...sandbox.org.preset, schema: SCHEMA }, sandbox.clock);
  for (const [name, rows] of Object.entries(toolingRows(sandbox))) {
    const table = org.table(name);
    for (const row of rows) table.put(mergeRow(undefined, { IsDeleted: false, ...row }), undefined);
  }
  return org;
}

/** Provoked by: a query for all fields of all objects. */
function refuseUnfiltered(soql: string): void {
  if (
    !/\bfrom\s+FieldDefinition\b/i.test(soql) ||
    /\b(EntityDefinition(Id|\.\w+)|DurableId)\b\s*(=|in\b)/i.test(soql)
  )
    return;
  throw malformed('FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]');
}

/** Records of the Tooling API have another address, and their metadata as an object. */
export function asTooling(record: Record<string, unknown>, version: string): Record<string, unknown> {
  const { attributes, Metadata: metadata, ...rest } = record;
  const { type = '', url = '' } = (attributes ?? {}) as { type?: string; url?: string };
  return {
    attributes: { type, url: url.replace(`/data/v${version}/`, `/data/v${version}/tooling/`) },
    ...rest,
    ...(typeof metadata === 'string' ? { Metadata: JSON.parse(metadata) as unknown } : {}),
  };
}
