import type { Sandbox } from '../sandbox.ts';
import type { Actor } from '../store/transaction.ts';
import { nextId } from './component-ids.ts';
import { definitionsOf } from './definitions.ts';
import { followComponent, forgetComponent } from './follow.ts';
import type { MetadataEntry, Work } from './work.ts';

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
