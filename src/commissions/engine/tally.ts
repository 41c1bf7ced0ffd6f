import { Exact } from '../exact.ts';

const zero = new Exact(0);

/**
 * What is added up over events: counters, what rules paid, what limits used. An event that is held leaves nothing behind:
 * what it added is dropped with `rollback`.
 */
export class Tally {
  readonly #kept = new Map<string, Exact>();
  readonly #pending = new Map<string, Exact>();

  /** What the event at hand found of sums that were there before it; null: nobody asks. */
  readonly #found: Map<string, Exact> | null;

  /** @param before sums that stand before the first event @param watch whether `found` will be asked for */
  constructor(before: Readonly<Record<string, string>> = {}, watch = false) {
    for (const [key, value] of Object.entries(before)) this.#kept.set(key, new Exact(value));
    this.#found = watch ? new Map() : null;
  }

  get(key: string): Exact {
    const before = this.#kept.get(key);
    if (before !== undefined) this.#found?.set(key, before);
    return this.#pending.get(key) ?? this.#kept.get(key) ?? zero;
  }

  add(key: string, value: Exact): Exact {
    const sum = this.get(key).plus(value);
    this.#pending.set(key, sum);
    return sum;
  }

  commit(): void {
    for (const [key, value] of this.#pending) this.#kept.set(key, value);
    this.#pending.clear();
    this.#found?.clear();
  }

  /** The sums that this event read, as they were before it: with them it can be computed again alone. */
  found(): Record<string, string> {
    return Object.fromEntries([...(this.#found ?? [])].map(([key, value]) => [key, value.toFixed()]));
  }

  rollback(): void {
    this.#pending.clear();
    this.#found?.clear();
  }

  /** Sums of a period that is over are read no more: a long run holds those of one period. */
  forget(period: string): void {
    for (const key of this.#kept.keys()) if (key.endsWith(`|${period}`)) this.#kept.delete(key);
  }

  entries(prefix: string): [string, Exact][] {
    return [...this.#kept].filter(([key]) => key.startsWith(prefix));
  }
}
