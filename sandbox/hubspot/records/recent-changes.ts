import type { CrmRecord } from './record.ts';

/** Records changed of late: those the search index may not know yet. */
export interface RecentChanges {
  add(record: CrmRecord): void;
  /** Records changed after `moment`, newest state. */
  since(moment: number): Iterable<CrmRecord>;
}

/** Remembers changes for `keepMs`; older ones are let go as new ones come in. */
export function createRecentChanges(keepMs: number): RecentChanges {
  let changes: { at: number; record: CrmRecord }[] = [];
  let head = 0;

  function forget(before: number): void {
    while (head < changes.length && (changes[head] as { at: number }).at < before) head += 1;
    if (head > 1024 && head * 2 > changes.length) {
      changes = changes.slice(head);
      head = 0;
    }
  }

  return {
    add(record) {
      if (keepMs === 0) return;
      forget(record.updatedAt - 2 * keepMs);
      changes.push({ at: record.updatedAt, record });
    },
    *since(moment) {
      for (let index = head; index < changes.length; index += 1) {
        const { at, record } = changes[index] as { at: number; record: CrmRecord };
        if (at > moment) yield record;
      }
    },
  };
}
