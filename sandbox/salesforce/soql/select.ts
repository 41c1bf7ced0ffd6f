import type { FieldTypeOf, FieldType as SelectItem, Subquery } from '@jetstreamapp/soql-parser-js';
import { renderAttributes, renderField, renderValue } from '../rest/render.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Row } from '../store/row.ts';
import { parentOf, resolveColumn, targetsOf, type Column } from './column.ts';
import { resolveOperand } from './function-column.ts';
import { functionName, operandText, type FunctionCall } from './operand.ts';
import { malformed, noSuchRelationship } from './query-error.ts';
import type { QueryScope } from './scope.ts';
import { fieldsOfFunction } from './selected-fields.ts';

/** Turns a row into the record a query answers with. */
export type Projection = (row: Row) => Record<string, unknown>;

/** A child relationship: the objects' rows and the lookup that ties them to the parent. */
export interface ChildRelation {
  type: ObjectType;
  field: FieldDefinition;
}

/** Compiles a child subquery to what it gives for one parent row. */
export type ChildRunner = (child: ChildRelation, query: Subquery) => (row: Row) => unknown;

/** One object's part of an answer; parents hang below under their relationship names. */
interface Node {
  type: ObjectType;
  /** Values by name; a function's value is read from the row the query is on. */
  values: Map<string, (own: Row, root: Row) => unknown>;
  parents: Map<string, { lookup: FieldDefinition; node: Node }>;
}

/** Compiles the SELECT list: own fields, parents' fields (nested as the API nests them), functions and child subqueries. */
export function compileSelect(
  scope: QueryScope,
  items: readonly SelectItem[],
  limit: number | undefined,
  runChildren: ChildRunner,
): Projection {
  const root = createNode(scope.type);
  const children: { name: string; run: (row: Row) => unknown }[] = [];
  for (const item of items) {
    switch (item.type) {
      case 'FieldSubquery':
        children.push(compileChildren(scope, item.subquery, runChildren));
        break;
      case 'FieldTypeof':
        addTypeOf(scope, root, item);
        break;
      case 'FieldFunctionExpression':
        addFunction(scope, root, item, limit);
        break;
      default:
        addField(scope, root, item);
    }
  }
  return (row) => {
    const record = project(scope, root, row, row, scope.type);
    for (const child of children) record[child.name] = child.run(row);
    return record;
  };
}

function createNode(type: ObjectType): Node {
  return { type, values: new Map(), parents: new Map() };
}

function addField(scope: QueryScope, root: Node, item: Extract<SelectItem, { field: string }>): void {
  if ('alias' in item && item.alias !== undefined)
    throw malformed('only aggregate expressions use field aliasing');
  const steps = item.type === 'FieldRelationship' ? item.relationships : [];
  const column = resolveColumn(scope, [...steps, item.field].join('.'));
  addValue(nodeOf(scope, root, column), column.field.name, (own) => renderField(column.field, own));
}

function addFunction(scope: QueryScope, root: Node, call: FunctionCall, limit: number | undefined): void {
  if (functionName(call) === 'FIELDS') {
    const which = operandText(call.parameters?.[0] ?? '');
    for (const field of fieldsOfFunction(scope.type, which, limit, scope.options.version))
      addValue(root, field.name, (own) => renderField(field, own));
    return;
  }
  const column = resolveOperand(scope, call);
  const node = nodeOf(scope, root, column);
  addValue(node, call.alias ?? column.field.name, (_own, row) => renderValue(column.field, column.read(row)));
}

function addValue(node: Node, name: string, read: (own: Row, root: Row) => unknown): void {
  if (node.values.has(name)) throw malformed(`duplicate field selected: ${name}`);
  node.values.set(name, read);
}

function nodeOf(scope: QueryScope, root: Node, column: Column): Node {
  let node = root;
  for (const lookup of column.path) node = parentNode(scope, node, lookup);
  return node;
}

function parentNode(scope: QueryScope, node: Node, lookup: FieldDefinition): Node {
  const name = lookup.relationshipName ?? lookup.name;
  const known = node.parents.get(name);
  if (known !== undefined) return known.node;
  const parent = createNode(targetsOf(scope.schema, lookup)[0] ?? scope.type);
  node.parents.set(name, { lookup, node: parent });
  return parent;
}

function project(
  scope: QueryScope,
  node: Node,
  own: Row,
  root: Row,
  type: ObjectType,
): Record<string, unknown> {
  const record: Record<string, unknown> = {
    attributes: renderAttributes(type, own['Id'] as string, scope.options.version),
  };
  for (const [name, read] of node.values) record[name] = read(own, root);
  for (const [name, parent] of node.parents) {
    const found = parentOf(scope.org, parent.lookup, own);
    record[name] = found === undefined ? null : project(scope, parent.node, found.row, root, found.type);
  }
  return record;
}

/** `TYPEOF Owner WHEN User THEN … ELSE … END`: which fields are shown depends on the object pointed at. */
function addTypeOf(scope: QueryScope, root: Node, item: FieldTypeOf): void {
  const lookup = scope.type.parent(item.field);
  if (lookup === undefined) throw noSuchRelationship(scope.soql, item.field);
  const targets = targetsOf(scope.schema, lookup);
  if (lookup.referenceTo.length < 2) {
    throw malformed(`TYPEOF is only supported on polymorphic relationships: '${item.field}'`);
  }
  const fieldsOf = (type: ObjectType): FieldDefinition[] => {
    const when = item.conditions.find((one) => one.objectType?.toLowerCase() === type.name.toLowerCase());
    const chosen = when ?? item.conditions.find((one) => one.type === 'ELSE');
    return (chosen?.fieldList ?? []).map(
      (name) => resolveColumn({ ...scope, type, alias: undefined }, name).field,
    );
  };
  const shown = new Map(targets.map((type) => [type.name, fieldsOf(type)]));
  addValue(root, lookup.relationshipName ?? item.field, (own) => {
    const found = parentOf(scope.org, lookup, own);
    if (found === undefined) return null;
    const attributes = renderAttributes(found.type, found.row['Id'] as string, scope.options.version);
    const fields = shown.get(found.type.name) ?? [];
    return {
      attributes,
      ...Object.fromEntries(fields.map((one) => [one.name, renderValue(one, found.row[one.name])])),
    };
  });
}

function compileChildren(
  scope: QueryScope,
  query: Subquery,
  runChildren: ChildRunner,
): { name: string; run: (row: Row) => unknown } {
  const relation = scope.type.child(query.relationshipName);
  const type = relation === undefined ? undefined : scope.schema.object(relation.object);
  if (relation === undefined || type === undefined)
    throw noSuchRelationship(scope.soql, query.relationshipName);
  const name = relation.field.childRelationshipName ?? query.relationshipName;
  return { name, run: runChildren({ type, field: relation.field }, query) };
}
