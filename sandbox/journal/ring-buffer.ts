/**
 * The newest `capacity` entries, numbered 1, 2, 3… without gaps.
 * Numbers never start over, so a reader that asks "since N" can tell from the first number it gets whether it missed any.
 */
export interface RingBuffer<T> {
  /** Stores an entry and returns its number. */
  push(entry: T): number;
  /** Entries numbered above `since`, oldest first, at most `limit` (all when left out), with their numbers. */
  since(since: number, limit?: number): { seq: number; entry: T }[];
  /** The newest entries, newest first. */
  newest(limit: number): { seq: number; entry: T }[];
  /** Number of the newest entry, 0 when nothing was ever pushed. */
  last(): number;
  /** Forgets the entries; numbering goes on. */
  clear(): void;
}

/** Creates a ring buffer. A slot is overwritten in place: nothing is shifted or copied however long the sandbox runs. */
export function createRingBuffer<T>(capacity: number): RingBuffer<T> {
  let slots: T[] = [];
  let last = 0;
  let first = 1;

  function at(seq: number): T {
    return slots[(seq - 1) % capacity] as T;
  }

  return {
    push(entry) {
      last += 1;
      slots[(last - 1) % capacity] = entry;
      if (last - first >= capacity) first = last - capacity + 1;
      return last;
    },
    since(since, limit = Infinity) {
      const found: { seq: number; entry: T }[] = [];
      for (let seq = Math.max(since + 1, first); seq <= last && found.length < limit; seq += 1) {
        found.push({ seq, entry: at(seq) });
      }
      return found;
    },
    newest(limit) {
      const found: { seq: number; entry: T }[] = [];
      for (let seq = last; seq >= first && found.length < limit; seq -= 1)
        found.push({ seq, entry: at(seq) });
      return found;
    },
    last: () => last,
    clear() {
      slots = [];
      first = last + 1;
    },
  };
}
