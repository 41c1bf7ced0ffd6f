const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

/** SQLSTATE classes and codes that say "not now": connection trouble, shutdown, too many connections, deadlock. */
const SQL_STATES = /^(08...|57P0[123]|53[0-9]..|40001|40P01|25P03)$/;

/** Texts of node-postgres, which gives these errors no code. */
const MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|client was closed|cannot use a pool after/i;

/** Whether the database cannot be reached or cannot work just now, so that the same request may succeed later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  // A host with several addresses fails with one error for each.
  if ('errors' in error && Array.isArray(error.errors) && error.errors.some(isDatabaseUnavailable))
    return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return CONNECTION_CODES.has(code) || SQL_STATES.test(code) || MESSAGES.test(message);
}
