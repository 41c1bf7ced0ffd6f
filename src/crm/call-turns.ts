/** So many calls in so long: a limit that a CRM sets on everybody who calls it with one login, whatever the process. */
export interface CallWindow {
  /** Of its own for each limit of a connection: `burst`, `search`. */
  name: string;
  /** Calls. */
  max: number;
  /** Milliseconds. */
  lengthMs: number;
  /** No more than this in one second, so that a full window is not used up at once and then waited for. */
  perSecond: number;
}

/** Turns to call that all workers of all processes share. */
export interface CallTurns {
  /**
   * Waits until one more call keeps within the limit, however the CRM counts (by fixed or by rolling windows).
   * @throws NoTurn when none was to be had before `deadline` (`Date.now()` scale): nothing was sent
   */
  take(window: CallWindow, deadline: number): Promise<CallTurn>;
}

export interface CallTurn {
  /** The answer is here, so the CRM has counted the call by now. `never-sent`: it cannot have counted it. */
  end(how: 'answered' | 'never-sent'): void;
}

export class NoTurn extends Error {
  constructor(window: string) {
    super(`no turn to call within the limit "${window}" before the deadline`);
    this.name = 'NoTurn';
  }
}
