import type { Row } from '../store/row.ts';
import type { ApiRequest } from './request.ts';
import { RestError } from './rest-error.ts';

/**
 * Refuses with 412 what a client wants done only while the record is as it knew it: `If-Unmodified-Since`.
 * HTTP dates are whole seconds, so a change within the named second counts as known. Source: the vendor's list of statuses.
 */
export function checkUnmodified(request: ApiRequest, row: Row): void {
  const header = request.headers['if-unmodified-since'];
  if (header === undefined) return;
  const known = Date.parse(header);
  const modified = Math.floor(Number(row['SystemModstamp']) / 1000) * 1000;
  if (Number.isNaN(known) || modified <= known) return;
  throw new RestError(412, 'PRECONDITION_FAILED', `the record was modified after ${header}`);
}
