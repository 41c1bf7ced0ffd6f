import type { DmlError } from '../dml/dml-error.ts';
import { insertRecord } from '../dml/insert.ts';
import type { Input } from '../dml/read-input.ts';
import { runInChunks, type RowOutcome } from '../dml/run-chunk.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Row } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import {
  failIfPlanned,
  inTransaction,
  readJson,
  requestedType,
  type ApiRequest,
  type Reply,
} from './request.ts';
import { RestError } from './rest-error.ts';

const MAX_RECORDS = 200;
const MAX_LEVELS = 5;
const MAX_OBJECTS = 5;

/** A record of the tree, and whose child it is. */
interface Node {
  type: ObjectType;
  referenceId: string;
  /** The record's own fields. */
  input: Input;
  /** Lists of children by relationship name, unread. */
  children: Record<string, unknown>;
  parent: { node: Node; lookup: string } | undefined;
  id?: string;
}

interface Refusal {
  referenceId: string;
  errors: { statusCode: string; message: string; fields: readonly string[] }[];
}

/** `POST /composite/tree/{type}`: records with their children, all of them or none. */
export function createTree(request: ApiRequest): Reply {
  const levels = readTree(request);
  const nodes = levels.flat();
  const repeated = repeatedReference(nodes);
  if (repeated !== undefined) return refused([repeated], nodes.length);
  const refusals = inTransaction(request, (transaction) => createLevels(request, transaction, levels));
  if (refusals.length > 0) return refused(refusals, nodes.length);
  const results = nodes.map(({ referenceId, id }) => ({ referenceId, id }));
  return { status: 201, body: { hasErrors: false, results }, records: nodes.length };
}

function refused(results: readonly Refusal[], records: number): Reply {
  return { status: 400, body: { hasErrors: true, results }, records };
}

/** Parents before children, so that each child can name its parent. Stops at the level where a record is refused. */
function createLevels(
  request: ApiRequest,
  transaction: Transaction,
  levels: readonly (readonly Node[])[],
): Refusal[] {
  const start = transaction.mark();
  for (const level of levels) {
    const outcomes = runInChunks(
      transaction,
      level,
      ({ type }) => type,
      (node) => createNode(request, transaction, node),
      true,
    );
    const refusals = level.flatMap((node, at) => refusalOf(node, outcomes[at]));
    if (refusals.length === 0) continue;
    transaction.rollbackTo(start);
    return refusals;
  }
  return [];
}

function createNode(request: ApiRequest, transaction: Transaction, node: Node): Row {
  failIfPlanned(request);
  const { parent, type } = node;
  const input = parent === undefined ? node.input : { ...node.input, [parent.lookup]: parent.node.id };
  const row = insertRecord(request.sandbox.org, transaction, type, input);
  node.id = row['Id'] as string;
  return row;
}

function refusalOf({ referenceId }: Node, outcome: RowOutcome<Row> | undefined): Refusal[] {
  if (outcome === undefined || !('error' in outcome)) return [];
  const { code, message, fields }: DmlError = outcome.error;
  return [{ referenceId, errors: [{ statusCode: code, message, fields }] }];
}

function readTree(request: ApiRequest): Node[][] {
  const { records } = readJson(request);
  const levels: Node[][] = [];
  let level = readRecords(request, requestedType(request), records, undefined);
  while (level.length > 0) {
    levels.push(level);
    level = level.flatMap((node) => readChildren(request, node));
  }
  const nodes = levels.flat();
  if (nodes.length === 0) throw unreadable('records must be an array of records');
  if (nodes.length > MAX_RECORDS) throw beyond(`${MAX_RECORDS} records`);
  if (levels.length > MAX_LEVELS) throw beyond(`${MAX_LEVELS} levels`);
  if (new Set(nodes.map(({ type }) => type)).size > MAX_OBJECTS)
    throw beyond(`${MAX_OBJECTS} kinds of records`);
  return levels;
}

function readRecords(
  request: ApiRequest,
  type: ObjectType,
  records: unknown,
  parent: Node['parent'],
): Node[] {
  if (!Array.isArray(records)) throw unreadable('records must be an array of records');
  return records.map((record): Node => {
    const input = (record ?? {}) as Input;
    const { type: name, referenceId } = (input['attributes'] ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || request.sandbox.org.preset.schema.object(name) !== type)
      throw unreadable(`records must have attributes with the type ${type.name}`);
    if (typeof referenceId !== 'string' || referenceId === '')
      throw new RestError(400, 'INVALID_INPUT', 'Include a reference ID for each record in the request.');
    return { type, referenceId, ...splitChildren(type, input), parent };
  });
}

function splitChildren(type: ObjectType, record: Input): Pick<Node, 'input' | 'children'> {
  const isChildren = (name: string): boolean =>
    type.field(name) === undefined && type.child(name) !== undefined;
  const entries = Object.entries(record);
  return {
    input: Object.fromEntries(entries.filter(([name]) => !isChildren(name))),
    children: Object.fromEntries(entries.filter(([name]) => isChildren(name))),
  };
}

function readChildren(request: ApiRequest, node: Node): Node[] {
  return Object.entries(node.children).flatMap(([relationship, list]) => {
    const child = node.type.child(relationship);
    const type = child === undefined ? undefined : request.sandbox.org.preset.schema.object(child.object);
    if (child === undefined || type === undefined) throw unreadable(`unknown relationship ${relationship}`);
    const { records } = (list ?? {}) as Record<string, unknown>;
    return readRecords(request, type, records, { node, lookup: child.field.name });
  });
}

function repeatedReference(nodes: readonly Node[]): Refusal | undefined {
  const seen = new Set<string>();
  const repeated = nodes.find(({ referenceId }) => seen.size === seen.add(referenceId).size);
  if (repeated === undefined) return undefined;
  const message = 'Duplicate ReferenceId provided in the request.';
  return {
    referenceId: repeated.referenceId,
    errors: [{ statusCode: 'INVALID_INPUT', message, fields: [] }],
  };
}

function unreadable(message: string): RestError {
  return new RestError(400, 'JSON_PARSER_ERROR', message);
}

function beyond(what: string): RestError {
  return new RestError(400, 'LIMIT_EXCEEDED', `Limit reached: more than ${what}`);
}
