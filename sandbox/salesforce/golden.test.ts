import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOrg, type OpenOrg } from '../../test/sandbox/salesforce-org.ts';
import { readExchanges, type Exchange } from './golden/exchange.ts';
import { createReplayer } from './golden/replay.ts';

/** Exchanges recorded from a real org; kept beside the repository, so not everywhere. */
const RECORDED = join(import.meta.dirname, '../../../shared/golden/salesforce-exchanges.jsonl');

/** Exchanges that are answered otherwise, by their place in the file, each with the reason. */
const EXCEPTIONS: Readonly<Record<number, string>> = {};

const exchanges = existsSync(RECORDED) ? readExchanges(RECORDED) : [];
const recorded = exchanges.length > 0 ? describe : describe.skip;

recorded(`beside exchanges recorded from a real org (skipped where ${RECORDED} does not exist)`, () => {
  it('answers at least 97 of 100 with the same status, header names, keys and JSON types', async () => {
    const replayer = await createReplayer();
    const different: Record<string, string[]> = {};
    for (const [index, exchange] of exchanges.entries()) {
      const differences = await replayer.replay(exchange);
      if (differences.length > 0 && EXCEPTIONS[index] === undefined)
        different[`${index} ${exchange.method} ${exchange.path}`] = differences;
    }
    await replayer.close();
    const alike = exchanges.length - Object.keys(different).length - Object.keys(EXCEPTIONS).length;
    process.stderr.write(`golden exchanges: ${alike} of ${exchanges.length} alike\n`);
    expect(different).toEqual({});
    expect(alike / exchanges.length).toBeGreaterThanOrEqual(0.97);
  });

  describe('describes', () => {
    let org: OpenOrg;
    beforeAll(async () => {
      org = await openOrg({ preset: 'recorded' });
    });
    afterAll(() => org.close());

    it.each(['Account', 'Contact'])('%s field by field as the real org did', async (object) => {
      const { path, response } = exchangeOf(`/sobjects/${object}/describe`);
      const real = response as Described;
      const ours = (await org.raw('GET', path)).body as Described;
      expect(ours.fields).toEqual(real.fields);
      // Addresses hold the host; of children we have more, from objects the real org had not yet.
      const rest = Object.entries(real).filter(([key]) => !APART.has(key));
      expect(ours).toMatchObject(Object.fromEntries(rest));
      expect(ours.childRelationships).toEqual(expect.arrayContaining(real.childRelationships));
    });
  });
});

const APART: ReadonlySet<string> = new Set(['fields', 'childRelationships', 'urls']);

interface Described {
  fields: Record<string, unknown>[];
  childRelationships: unknown[];
}

function exchangeOf(pathEnd: string): Exchange {
  const found = exchanges.find((one) => one.path.endsWith(pathEnd));
  if (found === undefined) throw new Error(`nothing was recorded of ${pathEnd}`);
  return found;
}
