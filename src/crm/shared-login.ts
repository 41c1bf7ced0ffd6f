/** A login that several processes share: they renew it in turns, and each goes on from what the one before stored. */
export interface SharedLogin<Credentials> {
  /**
   * Waits for its turn and does the work in it; nobody else renews meanwhile.
   * @throws LoginTurnTaken when it was not our turn before `deadline` (`Date.now()` scale)
   */
  takeTurn<T>(deadline: number, work: (turn: LoginTurn<Credentials>) => Promise<T>): Promise<T>;
}

export interface LoginTurn<Credentials> {
  /** As stored now, sealed: another process may have renewed them since they were opened. */
  credentials: Credentials;
  /** An earlier turn ended without its outcome being stored: killed, or left without an answer. */
  interrupted: boolean;
  /** Resolves once the sealed value is stored. Stores nothing when a person has connected anew meanwhile. */
  save(changed: Credentials): Promise<void>;
}

export class LoginTurnTaken extends Error {
  constructor() {
    super('another process is renewing the login');
    this.name = 'LoginTurnTaken';
  }
}
