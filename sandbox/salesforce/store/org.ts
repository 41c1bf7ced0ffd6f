import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { createSettings, type OrgSettings, type SettingsHolder } from '../org-settings.ts';
import type { Preset } from '../schema/presets.ts';
import type { ObjectDefinition } from '../schema/object.ts';
import { compileSchema, type ObjectType, type Schema } from '../schema/schema.ts';
import { diffRows, mergeRow, type Row, type Value, type Values } from './row.ts';
import { createTable, type Table } from './table.ts';
import type { Actor, Change, Given, Transaction } from './transaction.ts';

/** The org: its schema, its rows, and the one way to write them. */
export interface Org {
  readonly preset: Preset;
  readonly clock: SandboxClock;
  /** The switches in force. */
  readonly settings: OrgSettings;
  /** The schema as the org has it, whoever looks; `preset.schema` is what this user sees of it. */
  readonly schema: Schema;
  /** When the schema, or what anybody may see of it, last changed. Each change is in another second: clients ask by HTTP dates. */
  readonly schemaModifiedAt: Date;
  /**
   * Replaces the objects of the org. Tables of new objects are made, those of known ones follow;
   * the table of an object that is gone keeps its rows out of reach until {@link dropTable}.
   */
  changeSchema(objects: readonly ObjectDefinition[]): void;
  /** Replaces the record types; {@link Preset.recordTypes}. */
  changeRecordTypes(recordTypes: Preset['recordTypes']): void;
  /** Says that what somebody may see of the schema is different now. */
  touchSchema(): void;
  /** Calls back after each change of the schema. */
  onSchemaChange(listener: () => void): void;
  /** Forgets the rows of an object that is no longer part of the schema; with a new name they become that object's. */
  dropTable(objectName: string, movedTo?: string): void;
  /** The table of an object; every object of the schema has one. */
  table(objectName: string): Table;
  begin(actor: Actor): Transaction;
  /** Makes a transaction's changes final and hands them to whoever observes the org. */
  commit(transaction: Transaction): void;
  onCommit(observer: (changes: readonly Change[], actor: Actor) => void): void;
}

/** Creates an org without rows. */
export function createOrg(
  preset: Preset,
  clock: SandboxClock,
  settings: SettingsHolder = createSettings(preset.settings),
): Org {
  const live: { -readonly [K in keyof Preset]: Preset[K] } = { ...preset };
  const tables = new Map(preset.schema.objects.map((type) => [type.name, createTable(type)]));
  const observers: ((changes: readonly Change[], actor: Actor) => void)[] = [];
  const schemaListeners: (() => void)[] = [];
  let schemaModifiedAt = clock.now();

  function table(objectName: string): Table {
    const found = tables.get(objectName);
    if (found === undefined) throw new Error(`object ${objectName} is not part of this org`);
    return found;
  }

  function touchSchema(): void {
    const nextSecond = Math.floor(schemaModifiedAt.getTime() / 1000) * 1000 + 1000;
    schemaModifiedAt = new Date(Math.max(clock.ms(), nextSecond));
    for (const listener of schemaListeners) listener();
  }

  return {
    preset: live,
    clock,
    get schema() {
      return live.schema;
    },
    get schemaModifiedAt() {
      return schemaModifiedAt;
    },
    changeSchema(objects) {
      live.schema = compileSchema(objects);
      for (const type of live.schema.objects) {
        const known = tables.get(type.name);
        if (known === undefined) tables.set(type.name, createTable(type));
        else known.adopt(type);
      }
      touchSchema();
    },
    changeRecordTypes(recordTypes) {
      live.recordTypes = recordTypes;
      touchSchema();
    },
    touchSchema,
    onSchemaChange(listener) {
      schemaListeners.push(listener);
    },
    dropTable(objectName, movedTo) {
      const dropped = tables.get(objectName);
      tables.delete(objectName);
      const type = movedTo === undefined ? undefined : live.schema.object(movedTo);
      if (dropped === undefined || type === undefined) return;
      dropped.adopt(type);
      tables.set(type.name, dropped);
    },
    get settings() {
      return settings.current;
    },
    table,
    begin: (actor) => createTransaction(table, clock, actor),
    commit(transaction) {
      if (transaction.changes.length === 0) return;
      for (const observe of observers) observe(transaction.changes, transaction.actor);
    },
    onCommit(observer) {
      observers.push(observer);
    },
  };
}

function createTransaction(tableOf: (name: string) => Table, clock: SandboxClock, actor: Actor): Transaction {
  const changes: Change[] = [];
  // One moment for the whole transaction: records changed alike are reported in one event.
  const now = clock.ms();
  const transaction: Transaction = {
    actor,
    changes,
    write({ type: named, op, id, before, values, written = [], automation = false }) {
      const table = tableOf(named.name);
      // The caller may hold what one user sees of the object, or a definition from before a change of the schema.
      const { type } = table;
      const at = nextStamp(now, before);
      const given = op === 'create' ? takeGiven(transaction, type) : undefined;
      const recordId = before === undefined ? (id ?? given?.id ?? table.nextId()) : (before['Id'] as string);
      const stamped = { ...values, ...stamps(type, op, recordId, at, actor.userId) };
      const after = mergeRow(before, given === undefined ? stamped : { ...stamped, ...given.values });
      table.put(after, before);
      const delta = before === undefined ? after : diffRows(before, after);
      changes.push({ type, id: recordId, op, before, after, values: delta, written, automation });
      return after;
    },
    mark: () => changes.length,
    rollbackTo(mark) {
      while (changes.length > mark) {
        const change = changes.pop() as Change;
        tableOf(change.type.name).revert(change.after, change.before);
      }
    },
  };
  return transaction;
}

function takeGiven(transaction: Transaction, type: ObjectType): Given | undefined {
  const { given } = transaction;
  if (given?.object !== type.name) return undefined;
  transaction.given = undefined;
  return given;
}

/** Strictly later than the record's last change, so that "newer than what I saw" never misses an update in the same millisecond. */
function nextStamp(now: number, before: Row | undefined): number {
  const last: Value | undefined = before?.['SystemModstamp'];
  return typeof last === 'number' && last >= now ? last + 1 : now;
}

function stamps(type: ObjectType, op: Change['op'], id: string, at: number, userId: string): Values {
  const stamped: Values = { SystemModstamp: at };
  if (op === 'create') {
    stamped['Id'] = id;
    stamped['IsDeleted'] = false;
    stamped['CreatedDate'] = at;
    stamped['CreatedById'] = userId;
  }
  if (op === 'delete') stamped['IsDeleted'] = true;
  if (op === 'undelete') stamped['IsDeleted'] = false;
  if (type.field('LastModifiedDate') !== undefined) {
    stamped['LastModifiedDate'] = at;
    stamped['LastModifiedById'] = userId;
  }
  return stamped;
}
