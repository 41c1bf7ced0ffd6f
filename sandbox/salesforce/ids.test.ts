import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalId, recordId, recordNumber, withSuffix } from './ids.ts';

describe('record ids', () => {
  it('get the suffix that a real org gave', () => {
    expect(withSuffix('0014S000007Nxml')).toBe('0014S000007NxmlQAC');
    expect(withSuffix('0034S000005YJXB')).toBe('0034S000005YJXBQA4');
    expect(withSuffix('0TO4S000000GuXh')).toBe('0TO4S000000GuXhWAK');
  });

  it('are the same in 15 characters, in 18, and in 18 whose case got lost', () => {
    expect(canonicalId('0014S000007Nxml')).toBe('0014S000007NxmlQAC');
    expect(canonicalId('0014S000007NxmlQAC')).toBe('0014S000007NxmlQAC');
    expect(canonicalId('0014s000007nxmlqac')).toBe('0014S000007NxmlQAC');
  });

  it('are refused when the length or a character is wrong', () => {
    expect([
      canonicalId(''),
      canonicalId('001'),
      canonicalId('0014S000007Nxm-'),
      canonicalId('0014S000007NxmlQAZ9'),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('give their number back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (n) => {
        const id = recordId('006', n);
        expect(id).toHaveLength(18);
        expect(recordNumber(id)).toBe(n);
        expect(canonicalId(id.slice(0, 15))).toBe(id);
      }),
    );
  });
});
