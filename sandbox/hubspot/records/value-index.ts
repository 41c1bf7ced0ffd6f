import type { CrmRecord } from './record.ts';

/** Which records hold a value, ignoring case. */
export interface ValueIndex {
  add(value: string | undefined, record: CrmRecord): void;
  remove(value: string | undefined, record: CrmRecord): void;
  get(value: string): Iterable<CrmRecord>;
}

/** Creates an empty index. Most values have one holder, so that one is kept without a set around it. */
export function createValueIndex(): ValueIndex {
  const holders = new Map<string, CrmRecord | Set<CrmRecord>>();
  return {
    add(value, record) {
      if (value === undefined || value === '') return;
      const key = value.toLowerCase();
      const held = holders.get(key);
      if (held === undefined) holders.set(key, record);
      else if (held instanceof Set) held.add(record);
      else if (held !== record) holders.set(key, new Set([held, record]));
    },
    remove(value, record) {
      if (value === undefined || value === '') return;
      const key = value.toLowerCase();
      const held = holders.get(key);
      if (held instanceof Set) held.delete(record);
      else if (held === record) holders.delete(key);
    },
    get(value) {
      const held = holders.get(value.toLowerCase());
      if (held === undefined) return [];
      return held instanceof Set ? held : [held];
    },
  };
}
