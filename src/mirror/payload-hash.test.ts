import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { payloadHash } from './payload-hash.ts';

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const fields = fc.dictionary(fc.string(), value);
const links = fc.tuple(fc.option(fc.string()), fc.option(fc.string()), fc.option(fc.string()));

describe('the payload hash', () => {
  it('does not depend on the order in which fields were computed', () => {
    fc.assert(
      fc.property(fields, links, (payload, ids) => {
        const reversed = Object.fromEntries(Object.entries(payload).reverse());
        expect(payloadHash('m', reversed, ids)).toBe(payloadHash('m', payload, ids));
      }),
    );
  });

  it('differs when a field, its type, a link or the mapping differs', () => {
    const base = payloadHash('m', { a: '1', b: null }, ['x', null, 'y']);
    const others = [
      payloadHash('n', { a: '1', b: null }, ['x', null, 'y']),
      payloadHash('m', { a: '2', b: null }, ['x', null, 'y']),
      payloadHash('m', { a: 1, b: null }, ['x', null, 'y']),
      payloadHash('m', { a: '1' }, ['x', null, 'y']),
      payloadHash('m', { a: '1', b: '' }, ['x', null, 'y']),
      payloadHash('m', { a: '1', b: 'null' }, ['x', null, 'y']),
      payloadHash('m', { a: '1', b: null }, ['x', 'y', null]),
      payloadHash('m', { a: '1', b: null }, ['x', null, null]),
      payloadHash('m', { a: '1', b: null }, [null, null, 'y']),
    ];
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
  });

  it('is the same only for the same payload', () => {
    fc.assert(
      fc.property(fields, fields, links, (one, other, ids) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(payloadHash('m', one, ids) === payloadHash('m', other, ids)).toBe(same);
      }),
    );
  });
});

function sorted(payload: object): unknown {
  return Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1));
}
