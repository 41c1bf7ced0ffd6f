import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { jsonText } from './json-text.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

describe('JSON for the database', () => {
  it('is taken whatever characters are in it, and comes back as it was but for those that cannot be stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (value) => {
        const wrapped = { value };
        const [row] = await test.db.query<{ kept: unknown }>('SELECT $1::jsonb AS kept', [jsonText(wrapped)]);
        const text = JSON.stringify(wrapped);
        if (text === jsonText(wrapped)) expect(row?.kept).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  it('replaces NUL and halves of surrogate pairs, in names too, and nothing that only looks like them', () => {
    expect(JSON.parse(jsonText({ 'a\u0000': 'b\ud83d', ok: '😀 \\u0000 \\\\ud83d' }))).toEqual({
      'a\ufffd': 'b\ufffd',
      ok: '😀 \\u0000 \\\\ud83d',
    });
  });
});
