import { randomInt } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { recordId } from '../ids.ts';
import { RestError } from '../rest/rest-error.ts';
import type { Row } from '../store/row.ts';
import type { Projection } from './select.ts';

const LIFETIME_MS = 2 * 24 * 3600 * 1000;

/** What a cursor pages through. */
interface Listing {
  rows: readonly Row[];
  project: Projection;
}

interface Cursor {
  result: Listing;
  expiresAt: number;
}

/** One page of a query, as the API answers it. */
export type Page = {
  totalSize: number;
  done: boolean;
  nextRecordsUrl?: string;
  records: Record<string, unknown>[];
};

/** Open cursors. They live two days by the sandbox clock, without a limit to their number. */
export interface Cursors {
  /** The first page of a result, or of the children of one record. */
  firstPage(result: Listing, size: number, version: string): Page;
  /** The page a locator such as `0r8…-2000` stands for. Throws INVALID_QUERY_LOCATOR. */
  page(locator: string, size: number, version: string): Page;
}

/** Creates an empty set of cursors. */
export function createCursors(clock: SandboxClock): Cursors {
  const open = new Map<string, Cursor>();

  function cut(id: string, result: Listing, from: number, size: number, version: string): Page {
    const { rows, project } = result;
    const to = Math.min(from + size, rows.length);
    const records = rows.slice(from, to).map(project);
    if (to >= rows.length) return { totalSize: rows.length, done: true, records };
    return {
      totalSize: rows.length,
      done: false,
      nextRecordsUrl: `/services/data/v${version}/query/${id}-${to}`,
      records,
    };
  }

  return {
    firstPage(result, size, version) {
      if (result.rows.length <= size) return cut('', result, 0, size, version);
      dropExpired(open, clock.ms());
      const id = recordId('0r8', randomInt(1, 2 ** 47));
      open.set(id, { result, expiresAt: clock.ms() + LIFETIME_MS });
      return cut(id, result, 0, size, version);
    },
    page(locator, size, version) {
      const [, id = '', from = ''] = /^([0-9A-Za-z]{18})-(\d+)$/.exec(locator) ?? [];
      const cursor = open.get(id);
      const start = Number(from);
      if (cursor === undefined || cursor.expiresAt <= clock.ms() || start >= cursor.result.rows.length) {
        throw new RestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
      }
      return cut(id, cursor.result, start, size, version);
    },
  };
}

function dropExpired(open: Map<string, Cursor>, now: number): void {
  for (const [id, cursor] of open) {
    if (cursor.expiresAt > now) return;
    open.delete(id);
  }
}
