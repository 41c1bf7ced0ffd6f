import { setTimeout as sleep } from 'node:timers/promises';
import { NoTurn, type CallTurn, type CallTurns, type CallWindow } from '../../crm/call-turns.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import type { Database } from '../../platform/database/database.ts';
import type { Logger } from '../../platform/logging.ts';
import { addTurns, endTurn, nextFreeIn, takeTurns, type TakenTurn } from './turn-table.ts';

/** So many calls of one process ask the database together. */
const mostAtOnce = 20;
const leastPauseMs = 5;
/** A turn may become free before it was foreseen: its call never left. */
const longestPauseMs = 500;

interface Waiter {
  deadline: number;
  resolve(turn: CallTurn): void;
  reject(error: unknown): void;
}

/**
 * Turns as rows that every process takes from. No counter of a library would do: those count by fixed windows, so that
 * twice the limit may pass around an edge, which a CRM with rolling windows refuses.
 */
export function shareCalls(db: Database, logger: Pick<Logger, 'debug'>, connectionId: string): CallTurns {
  const lines = new Map<string, Line>();
  return {
    take: (window, deadline) => {
      let line = lines.get(window.name);
      if (!line) lines.set(window.name, (line = new Line(db, logger, connectionId)));
      return line.join(window, deadline);
    },
  };
}

/** The calls of this process that wait for one limit: first come, first served, and only one of them asks. */
class Line {
  readonly #db: Database;
  readonly #logger: Pick<Logger, 'debug'>;
  readonly #connectionId: string;
  readonly #waiting: Waiter[] = [];
  #window: CallWindow | null = null;
  #turnsMade = 0;
  #isServing = false;

  constructor(db: Database, logger: Pick<Logger, 'debug'>, connectionId: string) {
    this.#db = db;
    this.#logger = logger;
    this.#connectionId = connectionId;
  }

  join(window: CallWindow, deadline: number): Promise<CallTurn> {
    this.#window = window;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ deadline, resolve, reject });
      if (!this.#isServing) void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    try {
      while (this.#window !== null && this.#waiting.length > 0) await this.#serveSome(this.#window);
    } catch (error) {
      // The database is away: what waited learns of it, and whoever comes next asks anew.
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    } finally {
      this.#isServing = false;
    }
  }

  async #serveSome(window: CallWindow): Promise<void> {
    if (this.#turnsMade < window.max) {
      await addTurns(this.#db, this.#connectionId, window);
      this.#turnsMade = window.max;
    }
    const wanted = Math.min(this.#waiting.length, mostAtOnce);
    const askedAt = performance.now();
    const taken = await takeTurns(this.#db, this.#connectionId, window, wanted, callTimeoutMs);
    for (const turn of taken) this.#give(window, turn, askedAt);
    if (taken.length < wanted) await this.#waitForNext(window);
  }

  #give(window: CallWindow, taken: TakenTurn, askedAt: number): void {
    this.#dismissLate(window);
    const next = this.#waiting.shift();
    const answered = (): number => performance.now() - askedAt;
    if (next)
      next.resolve({ end: (how) => this.#end(window, taken, how === 'never-sent' ? null : answered()) });
    else this.#end(window, taken, null);
  }

  async #waitForNext(window: CallWindow): Promise<void> {
    const foreseen = await nextFreeIn(this.#db, this.#connectionId, window);
    // Free turns that were not given: the pace within a second was reached.
    const pause = foreseen > 0 ? foreseen : 1000 / window.perSecond;
    const first = Math.min(...this.#waiting.map(({ deadline }) => deadline - Date.now()), longestPauseMs);
    await sleep(Math.max(leastPauseMs, Math.min(pause, first)));
    this.#dismissLate(window);
  }

  #dismissLate({ name }: CallWindow): void {
    const now = Date.now();
    const late = this.#waiting.filter(({ deadline }) => deadline <= now);
    for (const waiter of late) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.reject(new NoTurn(name));
    }
  }

  /** Not waited for: if it is lost, the turn becomes free later by itself. */
  #end(window: CallWindow, taken: TakenTurn, answeredMs: number | null): void {
    endTurn(this.#db, this.#connectionId, window, taken, answeredMs).catch((error: unknown) =>
      this.#logger.debug({ err: error, connectionId: this.#connectionId }, 'a turn could not be ended'),
    );
  }
}
