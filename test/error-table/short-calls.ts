/** Imported first: read when the workers' modules load. An answer that never ends is given up after seconds, not half a minute. */
process.env['TRIBUTARY_CALL_TIMEOUT_MS'] = '3000';
