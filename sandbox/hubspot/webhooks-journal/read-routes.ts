import { z } from 'zod';
import { JOURNAL_SCOPES } from '../auth/developer-scopes.ts';
import type { Call, Route } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import {
  batchError,
  errorAnswer,
  invalid,
  notFound,
  VendorError,
  type Answer,
} from '../http/vendor-error.ts';
import { checkBatchSize } from '../objects/batch-writes.ts';
import type { JournalFileEntry } from './journal.ts';

const ROOTS = ['/webhooks-journal/journal/2026-03', '/webhooks-journal/journal-local/2026-03'];
const FILE = '/webhooks-journal/files/{offset}';
/** How long a file's address is good; not documented. */
const URL_LIFETIME_MS = 15 * 60_000;

/** Reading the journal: each call names a file, which is then fetched from a signed address without a token. */
export function journalReadRoutes(): Route[] {
  return [
    ...routes('GET', '/earliest', (call) => one(call, entries(call)[0])),
    ...routes('GET', '/latest', (call) => one(call, entries(call).at(-1))),
    ...routes('GET', '/offset/{offset}/next', (call) => one(call, after(call)[0])),
    ...routes('GET', '/batch/earliest/{count}', (call) => several(call, entries(call).slice(0, count(call)))),
    ...routes('GET', '/batch/latest/{count}', (call) => several(call, entries(call).slice(-count(call)))),
    ...routes('GET', '/batch/{offset}/next/{count}', (call) =>
      several(call, after(call).slice(0, count(call))),
    ),
    ...routes('POST', '/batch/read', batchRead),
    {
      ...{ method: 'GET', pattern: FILE, authenticated: false, limit: 'none' },
      scopes: () => [],
      handle: readFile,
    },
  ];
}

function routes(method: string, rest: string, handle: Route['handle']): Route[] {
  const scopes = (): string[][] => [[JOURNAL_SCOPES.read]];
  return ROOTS.map((root) => {
    return { method, pattern: root + rest, scopes, authenticated: true, limit: 'burst', handle };
  });
}

function entries(call: Call): readonly JournalFileEntry[] {
  const portal = call.query.get('installPortalId');
  if (portal !== null && portal !== String(call.sandbox.portal.portalId)) return [];
  return call.sandbox.webhooksJournal.entries();
}

/** What follows an offset. One that expired or never was is an error: going on from the start would hide a gap. */
function after(call: Call): readonly JournalFileEntry[] {
  const all = entries(call);
  const { offset } = call.params;
  const index = all.findIndex((entry) => entry.offset === offset);
  if (index < 0) throw notFound(`Offset ${offset} does not exist or has expired`);
  return all.slice(index + 1);
}

function count(call: Call): number {
  const wanted = Number(call.params['count']);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 100)
    throw invalid('count must be between 1 and 100');
  return wanted;
}

/** 204 says that there is nothing (yet). */
function one(call: Call, entry: JournalFileEntry | undefined): Answer {
  return entry === undefined ? { status: 204 } : { status: 200, json: present(call, entry) };
}

function several(call: Call, found: readonly JournalFileEntry[], errors: unknown[] = []): Answer {
  const at = new Date(call.now).toISOString();
  const results = found.map((entry) => present(call, entry));
  const frame = { status: 'COMPLETE', results, startedAt: at, completedAt: at };
  if (errors.length === 0) return { status: 200, json: frame };
  return { status: 207, json: { ...frame, numErrors: errors.length, errors } };
}

const batchSchema = z.object({ inputs: z.array(z.string()) });

function batchRead(call: Call): Answer {
  const { inputs } = readJson(call, batchSchema);
  checkBatchSize(inputs.length);
  const all = entries(call);
  const found = inputs.flatMap((offset) => all.filter((entry) => entry.offset === offset));
  const missing = inputs.filter((offset) => !found.some((entry) => entry.offset === offset));
  const errors = missing.map((offset) =>
    batchError('OBJECT_NOT_FOUND', `Offset ${offset} does not exist or has expired`, { offset: [offset] }),
  );
  return several(call, found, errors);
}

function present(call: Call, { offset }: JournalFileEntry): unknown {
  const expiresAt = call.now + URL_LIFETIME_MS;
  const signature = call.sandbox.webhooksJournal.sign(offset, expiresAt);
  const path = FILE.replace('{offset}', offset);
  return {
    url: `${call.sandbox.url}${path}?expires=${expiresAt}&signature=${signature}`,
    expiresAt: new Date(expiresAt).toISOString(),
    currentOffset: offset,
  };
}

function readFile(call: Call): Answer {
  const offset = call.params['offset'] ?? '';
  const expires = Number(call.query.get('expires'));
  const genuine = call.query.get('signature') === call.sandbox.webhooksJournal.sign(offset, expires);
  if (!genuine || call.now >= expires) {
    throw new VendorError(errorAnswer(403, { message: 'Request has expired', category: 'BANNED' }));
  }
  const entry = call.sandbox.webhooksJournal.entries().find((one) => one.offset === offset);
  if (entry === undefined) throw notFound('No such file');
  const publishedAt = new Date(entry.publishedAt).toISOString();
  return { status: 200, json: { offset, journalEvents: entry.events, publishedAt } };
}
