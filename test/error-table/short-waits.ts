/** Imported first: read when the workers' modules load. A broken stream is opened again after hundredths of a second. */
process.env['TRIBUTARY_RETRY_FACTOR'] = '0.02';
