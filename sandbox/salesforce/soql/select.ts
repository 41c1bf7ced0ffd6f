import type { FieldType as SelectItem, Subquery } from '@jetstreamapp/soql-parser-js';
import { renderAttributes, renderValue } from '../rest/render.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import { parentRow, resolveColumn } from './column.ts';
import { malformed, noSuchRelationship } from './query-error.ts';

/** Turns a row into the record a query answers with. */
export type Projection = (row: Row) => Record<string, unknown>;

/** Runs a child subquery for one parent row. */
export type ChildRunner = (
  child: { type: ObjectType; field: FieldDefinition },
  query: Subquery,
) => (row: Row) => unknown;

interface Node {
  type: ObjectType;
  fields: FieldDefinition[];
  parents: Map<string, { lookup: FieldDefinition; node: Node }>;
}

interface Scope {
  org: Org;
  type: ObjectType;
  soql: string;
  version: string;
  runChildren: ChildRunner;
}

/** Compiles the SELECT list: own fields, parents' fields (nested as the API nests them) and child subqueries. */
export function compileSelect(scope: Scope, items: readonly SelectItem[]): Projection {
  const root: Node = { type: scope.type, fields: [], parents: new Map() };
  const children: { name: string; run: (row: Row) => unknown }[] = [];
  for (const item of items) {
    if (item.type === 'FieldSubquery') children.push(compileChildren(scope, item.subquery));
    else addColumn(scope, root, columnName(item));
  }
  return (row) => {
    const record = project(scope, root, row);
    for (const child of children) record[child.name] = child.run(row);
    return record;
  };
}

function columnName(item: SelectItem): string {
  if (item.type === 'Field') return item.field;
  if (item.type === 'FieldRelationship') return `${item.relationships.join('.')}.${item.field}`;
  throw malformed(
    `${'rawValue' in item ? String(item.rawValue) : item.type} in SELECT is not supported by this org`,
  );
}

function addColumn(scope: Scope, root: Node, name: string): void {
  const column = resolveColumn(scope.org, scope.type, name, scope.soql);
  let node = root;
  for (const lookup of column.path) node = parentNode(scope, node, lookup);
  if (node.fields.includes(column.field)) {
    throw malformed(`duplicate field selected: ${name}`);
  }
  node.fields.push(column.field);
}

function parentNode(scope: Scope, node: Node, lookup: FieldDefinition): Node {
  const name = lookup.relationshipName ?? lookup.name;
  const known = node.parents.get(name);
  if (known !== undefined) return known.node;
  const parent: Node = {
    type: scope.org.table(lookup.referenceTo[0] ?? '').type,
    fields: [],
    parents: new Map(),
  };
  node.parents.set(name, { lookup, node: parent });
  return parent;
}

function project(scope: Scope, node: Node, row: Row): Record<string, unknown> {
  const record: Record<string, unknown> = {
    attributes: renderAttributes(node.type, row['Id'] as string, scope.version),
  };
  for (const field of node.fields) record[field.name] = renderValue(field, row[field.name]);
  for (const [name, parent] of node.parents) {
    const found = parentRow(scope.org, parent.lookup, row);
    record[name] = found === undefined ? null : project(scope, parent.node, found);
  }
  return record;
}

function compileChildren(scope: Scope, query: Subquery): { name: string; run: (row: Row) => unknown } {
  const relation = scope.type.child(query.relationshipName);
  const type = relation === undefined ? undefined : scope.org.preset.schema.object(relation.object);
  if (relation === undefined || type === undefined)
    throw noSuchRelationship(scope.soql, query.relationshipName);
  const name = relation.field.childRelationshipName ?? query.relationshipName;
  return { name, run: scope.runChildren({ type, field: relation.field }, query) };
}
