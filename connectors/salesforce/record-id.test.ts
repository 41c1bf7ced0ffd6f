import { describe, expect, it } from '@jest/globals';
import { fullId, sameId } from './record-id.ts';

describe('record ids', () => {
  // Ids of a real org: see the recorded exchanges in the facts.
  it.each([
    '0014S000007NxmlQAC',
    '0034S000005YJVlQAO',
    '00Q4S000002sSacUAE',
    '0014S000001pIx9QAE',
    '7014S00000097HhQAI',
  ])('completes the short form of %s', (id) => {
    expect(fullId(sameId(id))).toBe(id);
    expect(fullId(id)).toBe(id);
  });
});
