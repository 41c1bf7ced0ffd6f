/**
 * Imported first: these two are read when the workers' modules load. Every wait before a retry shrinks to a fiftieth,
 * so that a minute's pause after a refused login is over in a second or so.
 */
export const shortWaits = { TRIBUTARY_RETRY_FACTOR: '0.02', TRIBUTARY_CALL_TIMEOUT_MS: '10000' };
Object.assign(process.env, shortWaits);
