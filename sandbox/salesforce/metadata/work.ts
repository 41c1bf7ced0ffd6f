import { recordId, recordNumber } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ObjectDefinition } from '../schema/object.ts';
import type { Actor, Transaction } from '../store/transaction.ts';
import type { Component } from './component-store.ts';
import { definitionsOf } from './definitions.ts';
import { followComponent, forgetComponent } from './follow.ts';
import type { Plain } from './plain.ts';

/** Changes of an org's set-up that hold together or not at all: one component of a call, or a whole deployment. */
export interface Work {
  readonly sandbox: Sandbox;
  /** For what is kept as rows, such as permission sets. */
  readonly transaction: Transaction;
  /** API version of the request, such as 62. */
  readonly version: number;
  /** Keeps a component, new or changed, and lets the org follow it. What is a row as well brings the row's id. */
  put(type: string, fullName: string, content: Plain, id?: string): void;
  remove(component: Component): void;
  /** Gives a component, and with it what it stands for, another name. */
  rename(component: Component, fullName: string): void;
  /** Position to {@link rollbackTo}. */
  mark(): WorkMark;
  rollbackTo(mark: WorkMark): void;
  /** Makes everything final and journals it. */
  commit(): void;
}

/** Where a piece of work stood. */
export interface WorkMark {
  components: ReadonlyMap<string, Component>;
  objects: readonly ObjectDefinition[];
  entities: readonly string[];
  rows: number;
  entries: number;
}

/** One change of a component as it stands in the journal. */
export type MetadataEntry =
  | { t: 'metadata'; put: Component }
  | { t: 'metadata'; remove: Component }
  | { t: 'metadata'; rename: Component; to: string };

const PREFIXES: Readonly<Record<string, string>> = {
  BusinessProcess: '019',
  CustomField: '00N',
  CustomObject: '01I',
  CustomTab: '01r',
  ConnectedApp: '0H4',
  Layout: '00h',
  PlatformEventChannelMember: '0v8',
  RecordType: '012',
  ValidationRule: '03d',
};

/** Begins a piece of work on behalf of a user. */
export function beginWork(sandbox: Sandbox, actor: Actor, version: number): Work {
  const { org, metadata } = sandbox;
  const transaction = org.begin(actor);
  let entries: MetadataEntry[] = [];

  function entry(one: MetadataEntry): void {
    entries.push(one);
    applyEntry(sandbox, one);
  }

  return {
    sandbox,
    transaction,
    version,
    put(type, fullName, content, id) {
      const now = org.clock.ms();
      const before = metadata.get(type, fullName);
      const put = {
        type,
        fullName: before?.fullName ?? fullName,
        id: before?.id ?? id ?? nextId(sandbox, type),
        content,
        createdDate: before?.createdDate ?? now,
        createdById: before?.createdById ?? actor.userId,
        lastModifiedDate: now,
        lastModifiedById: actor.userId,
      };
      entry({ t: 'metadata', put });
    },
    remove: (component) => entry({ t: 'metadata', remove: component }),
    rename: (component, to) => entry({ t: 'metadata', rename: component, to }),
    mark: () => ({
      components: metadata.snapshot(),
      objects: definitionsOf(sandbox),
      entities: sandbox.selectedEntities.list(),
      rows: transaction.mark(),
      entries: entries.length,
    }),
    rollbackTo(mark) {
      transaction.rollbackTo(mark.rows);
      if (entries.length === mark.entries) return;
      entries = entries.slice(0, mark.entries);
      metadata.restore(mark.components);
      org.changeSchema(mark.objects);
      restoreEntities(sandbox, mark.entities);
    },
    commit() {
      for (const one of entries) {
        sandbox.journal.append(one);
        forget(sandbox, one);
      }
      entries = [];
      org.commit(transaction);
    },
  };
}

/** Does again what a journal entry tells. */
export function replayMetadata(sandbox: Sandbox, entry: MetadataEntry): void {
  applyEntry(sandbox, entry);
  forget(sandbox, entry);
}

function applyEntry(sandbox: Sandbox, entry: MetadataEntry): void {
  const { metadata } = sandbox;
  if ('put' in entry) {
    const before = metadata.get(entry.put.type, entry.put.fullName);
    metadata.put(entry.put);
    followComponent(sandbox, entry.put, before);
  } else if ('remove' in entry) {
    metadata.remove(entry.remove.type, entry.remove.fullName);
    followComponent(sandbox, undefined, entry.remove);
  } else {
    const renamed = { ...entry.rename, fullName: entry.to };
    metadata.remove(entry.rename.type, entry.rename.fullName);
    metadata.put(renamed);
    followComponent(sandbox, renamed, entry.rename);
  }
}

/** What cannot be taken back waits until the work is final: values of a field that is gone, rows of an object. */
function forget(sandbox: Sandbox, entry: MetadataEntry): void {
  if ('remove' in entry) forgetComponent(sandbox, entry.remove, undefined);
  if ('rename' in entry) forgetComponent(sandbox, entry.rename, entry.to);
}

function restoreEntities(sandbox: Sandbox, wanted: readonly string[]): void {
  const { selectedEntities } = sandbox;
  for (const name of selectedEntities.list()) if (!wanted.includes(name)) selectedEntities.unselect(name);
  for (const name of wanted) selectedEntities.select(name);
}

/** The next id of a type: higher than any that is in use, also after a restart. */
export function nextId(sandbox: Sandbox, type: string): string {
  const prefix = PREFIXES[type] ?? '00X';
  const highest = sandbox.metadata
    .list(type)
    .reduce((last, component) => Math.max(last, recordNumber(component.id)), 0);
  return recordId(prefix, highest + 1);
}
