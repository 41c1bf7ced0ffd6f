import { Exact } from '../exact.ts';

const zero = new Exact(0);

/**
 * What is added up over events: counters, what rules paid, what limits used. An event that is held leaves nothing behind:
 * what it added is dropped with `rollback`.
 */
export class Tally {
  readonly #kept = new Map<string, Exact>();
  readonly #pending = new Map<string, Exact>();

  get(key: string): Exact {
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
  }

  rollback(): void {
    this.#pending.clear();
  }

  /** Sums of a period that is over are read no more: a long run holds those of one period. */
  forget(period: string): void {
    for (const key of this.#kept.keys()) if (key.endsWith(`|${period}`)) this.#kept.delete(key);
  }

  entries(prefix: string): [string, Exact][] {
    return [...this.#kept].filter(([key]) => key.startsWith(prefix));
  }
}
