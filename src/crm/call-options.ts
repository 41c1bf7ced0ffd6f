/** How long a call to a CRM may take. In a file of its own, for the parts of the port. */
export interface CallOptions {
  /** The instant by which the call must have ended, in real time (`Date.now()` scale). */
  deadline: number;
  signal?: AbortSignal;
}
