import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openJournalFile } from './journal-file.ts';
import { createRequestLog } from './request-log.ts';
import { createRingBuffer } from './ring-buffer.ts';
import { createWriteLog, type CommittedWrite } from './write-log.ts';

function write(id: string, object = 'Account'): CommittedWrite {
  return {
    at: 0,
    object,
    id,
    op: 'create',
    fields: {},
    previous: {},
    origin: 'api',
    client: '',
    requestId: 'r',
  };
}

describe('the journal file', () => {
  it('gives back what was appended, also after it is opened again', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'deep', 'journal.jsonl');
    const first = openJournalFile(path);
    first.append({ n: 1, text: 'ä\n' });
    first.append({ n: 2 });
    first.close();
    const second = openJournalFile(path);
    expect([...second.replay()]).toEqual([{ n: 1, text: 'ä\n' }, { n: 2 }]);
    second.close();
  });

  it('has every line on disk once flush returns', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'journal.jsonl');
    const journal = openJournalFile(path);
    journal.append({ n: 1 });
    journal.flush();
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n');
    journal.close();
  });

  it('cuts off a torn last line and appends cleanly after it', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'journal.jsonl');
    appendFileSync(path, '{"n":1}\n{"n":2,"te');
    const torn = openJournalFile(path);
    expect([...torn.replay()]).toEqual([{ n: 1 }]);
    torn.append({ n: 3 });
    torn.close();
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":3}\n');
  });
});

describe('the ring buffer', () => {
  it('keeps the newest entries under their own numbers', () => {
    const ring = createRingBuffer<string>(3);
    for (const entry of ['a', 'b', 'c', 'd', 'e']) ring.push(entry);
    expect(ring.since(0).map(({ seq, entry }) => `${seq}${entry}`)).toEqual(['3c', '4d', '5e']);
    expect(ring.since(4).map(({ entry }) => entry)).toEqual(['e']);
    expect(ring.newest(2).map(({ entry }) => entry)).toEqual(['e', 'd']);
    ring.clear();
    expect(ring.since(0)).toEqual([]);
    expect(ring.push('f')).toBe(6);
    expect(ring.since(0)).toEqual([{ seq: 6, entry: 'f' }]);
  });
});

describe('the logs', () => {
  it('filters writes by object and pages them by number', () => {
    const log = createWriteLog();
    for (const [id, object] of [
      ['1', 'Account'],
      ['2', 'Contact'],
      ['3', 'Account'],
    ] as const)
      log.add(write(id, object));
    expect(log.list({ object: 'account', since: 1 }).map(({ id }) => id)).toEqual(['3']);
    expect(log.list({ limit: 2 }).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('sums requests per endpoint beyond what the buffer keeps, and forgets on clear', () => {
    const log = createRequestLog(2);
    for (const status of [200, 200, 'reset'] as const) {
      log.add({
        at: 0,
        requestId: 'r',
        method: 'POST',
        path: '/p',
        endpoint: 'POST /p',
        status,
        records: 200,
      });
    }
    expect(log.list({})).toHaveLength(2);
    expect(log.summary()['POST /p']).toEqual({ calls: 3, records: 600, byStatus: { '200': 2, reset: 1 } });
    log.clear();
    expect(log.summary()).toEqual({});
  });

  it('keep what was sent and answered only while somebody wants it, and only the newest', () => {
    const log = createRequestLog();
    const add = (path: string) =>
      log.add(
        { at: 0, requestId: 'r', method: 'GET', path, endpoint: 'GET', status: 200, records: 0 },
        () => ({ request: `sent ${path}`, response: `answered ${path}` }),
      );
    add('/0');
    log.keepExchanges(2);
    for (const path of ['/1', '/2', '/3']) add(path);
    expect(log.exchanges({}).map(({ seq, request }) => `${seq} ${request}`)).toEqual([
      '3 sent /2',
      '4 sent /3',
    ]);
    expect(log.exchanges({ since: 3 })).toMatchObject([{ response: 'answered /3' }]);
    log.keepExchanges(0);
    expect(log.exchanges({})).toEqual([]);
  });
});
