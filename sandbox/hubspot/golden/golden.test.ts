import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readExchanges, type Exchange } from './exchange.ts';
import { createReplayer, type Replayer } from './replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-replay-'));
let replayer: Replayer;
beforeAll(async () => {
  replayer = await createReplayer();
});
afterAll(async () => {
  await replayer.close();
  rmSync(folder, { recursive: true });
});

const JSON_TYPE = { 'Content-Type': 'application/json;charset=utf-8' };

/** A recording as a real portal would give it, written by hand. */
function recorded(request: Partial<Exchange['request']>, response: Partial<Exchange['response']>): Exchange {
  return {
    request: { method: 'GET', path: '', query: {}, headers: {}, ...request },
    response: { status: 200, headers: JSON_TYPE, ...response },
  };
}

const at = '2024-05-02T10:00:00.000Z';
const deal = (id: string): Record<string, unknown> => ({
  ...{ id, createdAt: at, updatedAt: at, archived: false },
  properties: { dealname: 'Recorded', dealstage: 'closedwon', pipeline: 'default', hs_object_id: id },
});

describe('recorded traffic', () => {
  it('is replayed with the records that the portal must have had, under ids of our own', async () => {
    const read = recorded(
      { path: '/crm/v3/objects/deals/51234567', query: { properties: 'dealname' } },
      {
        body: deal('51234567'),
      },
    );
    expect(await replayer.replay(read)).toEqual([]);
    const update = recorded(
      { ...read.request, method: 'PATCH', body: { properties: { dealname: 'New' } } },
      { body: deal('51234567') },
    );
    expect(await replayer.replay(update)).toEqual([]);
  });

  it('goes on with the ids that a recorded create gave', async () => {
    const properties = { dealname: 'Made', dealstage: 'contractsent', pipeline: 'default' };
    const create = recorded(
      { method: 'POST', path: '/crm/v3/objects/0-3', body: { properties, associations: [] } },
      { status: 201, body: deal('59999999') },
    );
    expect(await replayer.replay(create)).toEqual([]);
    const archive = { method: 'DELETE', path: '/crm/v3/objects/0-3/59999999' };
    expect(await replayer.replay(recorded(archive, { status: 204, headers: {} }))).toEqual([]);
    const gone = recorded(
      { path: '/crm/v3/objects/0-3/59999999' },
      { status: 404, headers: { 'content-type': 'text/html;charset=utf-8' }, body: '<html>' },
    );
    expect(await replayer.replay(gone)).toEqual([]);
  });

  it('is told apart in status, keys, types and category', async () => {
    const refusal = recorded(
      { method: 'POST', path: '/crm/v3/objects/deals', body: { properties: { amount: 'x' } } },
      {
        status: 409,
        body: { status: 'error', message: 'm', category: 'CONFLICT', correlationId: 1, extra: true },
      },
    );
    expect(await replayer.replay(refusal)).toEqual([
      'status: 409 → 400',
      'body.category: CONFLICT → VALIDATION_ERROR',
      'body.correlationId: number → string',
      'body.extra: missing',
    ]);
  });

  it('is read line by line, and a line of another shape is named', () => {
    const file = join(folder, 'traffic.jsonl');
    writeFileSync(file, `${JSON.stringify(recorded({ path: '/x' }, {}))}\n\n`);
    expect(readExchanges(file)).toHaveLength(1);
    writeFileSync(file, `\n{"request":{}}\n`);
    expect(() => readExchanges(file)).toThrow(/traffic\.jsonl:2/);
  });
});
