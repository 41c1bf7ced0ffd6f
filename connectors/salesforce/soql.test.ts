import { describe, expect, it } from '@jest/globals';
import { parseQuery } from '@jetstreamapp/soql-parser-js';
import fc from 'fast-check';
import { apiName, soql, splitBySize, VALUE_BUDGET, valueSize } from './soql.ts';

const hostile = [
  "O'Neil",
  "x' OR Name != '",
  'back\\slash\\',
  "\\' OR Id != NULL --",
  '100% _sure_',
  '"quoted"',
  'línea\nnueva\ttab\r',
  '日本 & Söhne 🚀',
  '\ud800 lone',
  'nul\u0000byte',
];

/** The literals of the WHERE clause as another parser of SOQL reads them. */
function literalsOf(text: string): string[] {
  const where = parseQuery(text).where;
  const left = where && 'left' in where ? where.left : undefined;
  if (!left || !('value' in left)) throw new Error('no plain condition');
  return [left.value].flat().map(String);
}

function unescape(literal: string): string {
  const meant: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return literal.slice(1, -1).replace(/\\(.)/gs, (_all, char: string) => meant[char] ?? char);
}

describe('soql', () => {
  it('keeps hostile values inside their quotes, unchanged', () => {
    const text = soql({ from: 'Account', fields: ['Id'], where: [{ field: 'Name', oneOf: hostile }] });
    const storable = hostile.map((value) => value.toWellFormed().replaceAll('\u0000', ' '));
    expect(literalsOf(text).map(unescape)).toEqual(storable);
  });

  it('keeps any text inside one literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = soql({
          from: 'Account',
          fields: ['Id'],
          where: [{ field: 'Name', oneOf: [value, 'end'] }],
        });
        const [first, last, ...more] = literalsOf(text);
        expect(more).toEqual([]);
        expect(last).toBe("'end'");
        expect(unescape(first ?? '')).toBe(value.toWellFormed().replace(/[^\P{Cc}\n\r\t]/gu, ' '));
        expect(() => encodeURIComponent(text)).not.toThrow();
      }),
    );
  });

  it('refuses a name that is no API name, wherever it stands', () => {
    const bad = 'Id FROM User --';
    expect(() => soql({ from: bad, fields: ['Id'] })).toThrow(RangeError);
    expect(() => soql({ from: 'Account', fields: [bad] })).toThrow(RangeError);
    expect(() => soql({ from: 'Account', fields: ['Id'], where: [{ field: bad, is: true }] })).toThrow(
      RangeError,
    );
    expect(() => soql({ from: 'Account', fields: ['Id'], orderBy: [bad] })).toThrow(RangeError);
    expect(apiName('Tributary_Deal_Id__c')).toBe('Tributary_Deal_Id__c');
  });

  it('splits values so that no part outgrows the budget, and loses none', () => {
    const values = Array.from({ length: 500 }, (_value, index) => `Müller & Söhne ${index} 'GmbH'`);
    const parts = splitBySize(values, valueSize);
    expect(parts.flat()).toEqual(values);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      expect(part.reduce((sum, value) => sum + valueSize(value), 0)).toBeLessThanOrEqual(VALUE_BUDGET);
    }
  });

  it('gives a value larger than the budget a part of its own', () => {
    expect(splitBySize([1, 99, 1], (size) => size, 10)).toEqual([[1], [99], [1]]);
  });
});
