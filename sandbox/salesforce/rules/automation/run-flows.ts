import { coerce } from '../../dml/coerce.ts';
import { DmlError } from '../../dml/dml-error.ts';
import type { ObjectType } from '../../schema/schema.ts';
import type { Org } from '../../store/org.ts';
import { mergeRow, type Row, type Value, type Values } from '../../store/row.ts';
import type { Transaction } from '../../store/transaction.ts';
import { allHold, readPath, type RuleSubject } from '../condition.ts';
import type { EditRecord } from '../contract.ts';
import type { Flow, ValueSource } from './flow.ts';

/** Flows under way, as `flow|record id`: a flow that changes its own record does not start itself again. */
const underWay = new WeakMap<Transaction, Set<string>>();

/**
 * Runs the before-save flows of a record: they change the values that are about to be stored.
 * Provoked by: any create or update that meets a flow's conditions. A flow with `fail` ends it in CANNOT_EXECUTE_FLOW_TRIGGER.
 */
export function runBeforeSaveFlows(
  flows: readonly Flow[],
  org: Org,
  type: ObjectType,
  values: Values,
  before: Row | undefined,
): void {
  for (const flow of flows) {
    const subject = { org, type, after: mergeRow(before, values), before };
    if (!starts(flow, subject)) continue;
    fault(flow);
    Object.assign(values, written(flow, subject, type, subject.after));
  }
}

/** Runs the after-save flows of a stored record: they change it again, its parent, or its children, in the same transaction. */
export function runAfterSaveFlows(
  flows: readonly Flow[],
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  id: string,
  before: Row | undefined,
  edit: EditRecord,
): void {
  const running = underWay.get(transaction) ?? new Set<string>();
  underWay.set(transaction, running);
  for (const flow of flows) {
    const after = org.table(type.name).get(id);
    const key = `${flow.name}|${id}`;
    if (after === undefined || running.has(key)) continue;
    const subject = { org, type, after, before };
    if (!starts(flow, subject)) continue;
    fault(flow);
    running.add(key);
    try {
      carryOut(flow, subject, edit);
    } finally {
      running.delete(key);
    }
  }
}

function starts(flow: Flow, subject: RuleSubject): boolean {
  return flow.on.includes(subject.before === undefined ? 'create' : 'update') && allHold(flow.when, subject);
}

function fault(flow: Flow): void {
  if (flow.fail !== undefined) throw flowFailed(flow, flow.fail);
}

/** Wording as reported by users of many orgs. */
function flowFailed(flow: Flow, details: string): DmlError {
  return new DmlError(
    'CANNOT_EXECUTE_FLOW_TRIGGER',
    `We can't save this record because the “${flow.name}” process failed. Give your Salesforce admin these details. ${details}`,
  );
}

function carryOut(flow: Flow, subject: RuleSubject, edit: EditRecord): void {
  for (const { type, row } of targets(flow, subject)) {
    try {
      const values = written(flow, subject, type, row);
      const differs = Object.keys(values).some((name) => (row[name] ?? null) !== values[name]);
      if (differs) edit(type, row, values);
    } catch (error) {
      if (!(error instanceof DmlError) || error.code === 'UNABLE_TO_LOCK_ROW') throw error;
      throw flowFailed(
        flow,
        `This error occurred when the flow tried to update records: ${error.code}: ${error.message}. You can look up ExceptionCode values in the SOAP API Developer Guide.`,
      );
    }
  }
}

function targets(flow: Flow, { org, type, after }: RuleSubject): { type: ObjectType; row: Row }[] {
  if (flow.target === 'record') return [{ type, row: after }];
  if ('parent' in flow.target) {
    const link = type.field(flow.target.parent);
    const parentType = org.preset.schema.object(link?.referenceTo[0] ?? '');
    return parentType === undefined || link === undefined
      ? []
      : live(org, parentType, [String(after[link.name])]);
  }
  const childType = org.preset.schema.object(flow.target.children);
  const by = childType?.field(flow.target.by);
  if (childType === undefined || by === undefined) return [];
  return live(org, childType, [...(org.table(childType.name).lookup(by.name, after['Id'] as string) ?? [])]);
}

function live(org: Org, type: ObjectType, ids: readonly string[]): { type: ObjectType; row: Row }[] {
  return ids.flatMap((id) => {
    const row = org.table(type.name).get(id);
    return row === undefined || row['IsDeleted'] === true ? [] : [{ type, row }];
  });
}

function written(flow: Flow, subject: RuleSubject, type: ObjectType, row: Row): Values {
  const values: Values = {};
  for (const [name, source] of Object.entries(flow.set)) {
    const field = type.field(name);
    if (field === undefined)
      throw flowFailed(flow, `No such column '${name}' on sobject of type ${type.name}`);
    const value = sourced(source, subject, row[field.name]);
    values[field.name] =
      typeof value === 'number' && field.type === 'datetime' ? value : coerce(field, value);
  }
  return values;
}

function sourced(
  source: ValueSource,
  subject: RuleSubject,
  current: Value | undefined,
): Value | null | undefined {
  if (typeof source !== 'object' || source === null) return source;
  if ('field' in source) return readPath(subject, source.field).value;
  if ('plus' in source) return Number(current ?? 0) + source.plus;
  return 'now' in source ? subject.org.clock.ms() : subject.org.clock.now().toISOString().slice(0, 10);
}
