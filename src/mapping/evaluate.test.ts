import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evaluateRows, MappingError, readBack, type SourceView } from './evaluate.ts';
import { WriteRow, type ReadRow, type Transform } from './schema.ts';

function row(rest: Record<string, unknown>): WriteRow {
  return WriteRow.parse({ to: 'field', from: 'deal.name', ...rest });
}

/** What one row makes of a value, or the reason it refuses it. */
function send(value: unknown, transforms: Transform[], rest: Record<string, unknown> = {}): unknown {
  const view = { 'deal.name': value } as SourceView;
  try {
    return evaluateRows([row({ transforms, ...rest })], view, true)['field'];
  } catch (error) {
    if (error instanceof MappingError) return `refused: ${error.message}`;
    throw error;
  }
}

describe('a mapping row', () => {
  it('sends the value of its source, or its fixed value', () => {
    expect(send('Acme', [])).toBe('Acme');
    expect(evaluateRows([WriteRow.parse({ to: 'Type', value: 'Partner' })], {}, true)).toEqual({
      Type: 'Partner',
    });
  });

  it('leaves the field out when there is no value, or clears it where the row says so', () => {
    expect(evaluateRows([row({})], {}, true)).toEqual({});
    expect(evaluateRows([row({})], { 'deal.name': '' }, true)).toEqual({});
    expect(evaluateRows([row({ skipEmpty: false })], {}, true)).toEqual({ field: null });
    expect(evaluateRows([row({ skipEmpty: false })], { 'deal.name': '' }, true)).toEqual({ field: null });
  });

  it('keeps false and zero, which are values', () => {
    expect(evaluateRows([row({})], { 'deal.name': false }, true)).toEqual({ field: false });
    expect(evaluateRows([row({})], { 'deal.name': 0 }, true)).toEqual({ field: 0 });
  });

  it('is left out of updates when it is for creation only', () => {
    const rows = [row({ when: 'create', to: 'StageName' }), row({ to: 'Name' })];
    expect(Object.keys(evaluateRows(rows, { 'deal.name': 'x' }, true))).toEqual(['StageName', 'Name']);
    expect(Object.keys(evaluateRows(rows, { 'deal.name': 'x' }, false))).toEqual(['Name']);
  });
});

describe('transforms', () => {
  it('run in the order they are written', () => {
    expect(send('  Acme  ', ['trim', { truncate: 2 }, 'upper'])).toBe('AC');
    expect(send('  Acme  ', [{ truncate: 3 }, 'trim'])).toBe('A');
  });

  it('change case, make text, give a default, a prefix, a separator', () => {
    expect(send('AbC', ['lower'])).toBe('abc');
    expect(send(12, ['text'])).toBe('12');
    expect(send(null, [{ default: 'none' }])).toBe('none');
    expect(send('x', [{ default: 'none' }])).toBe('x');
    expect(send('x', [{ prefix: 'Partner: ' }])).toBe('Partner: x');
    expect(send('a\nb\nc', [{ join: '; ' }])).toBe('a; b; c');
    expect(send(true, ['yes-no-text'])).toBe('true');
    expect(send('no', ['yes-no-text'])).toBe('false');
  });

  it('map values and refuse one that nobody mapped', () => {
    expect(send('gold', [{ values: { gold: 'G' } }])).toBe('G');
    expect(send('tin', [{ values: { gold: 'G' }, otherwise: 'other' }])).toBe('other');
    expect(send('tin', [{ values: { gold: 'G' } }])).toBe('refused: field: no value is mapped for "tin"');
    expect(send('constructor', [{ values: { gold: 'G' } }])).toBe(
      'refused: field: no value is mapped for "constructor"',
    );
  });

  it('treat a blank value as no value: no zero, no bare prefix, no refusal comes of it', () => {
    for (const transforms of [
      ['number'],
      ['integer'],
      ['trim', 'number'],
      [{ prefix: 'P-' }],
      [{ values: { a: 'b' } }],
      ['yes-no-text'],
    ]) {
      expect(send('', transforms as Transform[])).toBeUndefined();
    }
    expect(send('   ', ['trim', 'number'])).toBeUndefined();
    expect(send('  ', ['trim', { default: 'none' }])).toBe('none');
  });

  it('refuse what is not a plain decimal number', () => {
    for (const text of ['abc', '12,5', '0x10', '1e3', 'Infinity', '1 000', '--1', '.', ' ']) {
      expect(send(text, ['number'])).toMatch(/^refused: field: ".*" is not a number$/);
    }
    expect(send('12.5', ['integer'])).toBe('refused: field: "12.5" is not a whole number');
  });
});

describe('numbers', () => {
  it('carry exactly the decimal they came from, or are refused', () => {
    const decimal = fc
      .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.integer({ min: 0, max: 6 }))
      .map(([negative, digits, places]) => {
        const text = digits.toString().padStart(places + 1, '0');
        const whole = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
        return negative ? `-${whole}` : whole;
      });
    fc.assert(
      fc.property(decimal, (text) => {
        const sent = send(text, ['number']);
        if (typeof sent === 'string') expect(sent).toContain('more digits than a JSON number carries');
        else expect(plain(sent as number)).toBe(canonical(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('of up to 15 digits are never refused', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), (digits) => {
        expect(send(digits.toString(), ['integer'])).toBe(Number(digits));
      }),
    );
  });
});

describe('truncating', () => {
  it('keeps a beginning, never more than asked for, and tears no character', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (whole, length) => {
        const sent = (send(whole, [{ truncate: length }]) ?? '') as string;
        expect(whole.startsWith(sent)).toBe(true);
        expect(sent.length).toBeLessThanOrEqual(length);
        expect(sent.isWellFormed()).toBe(true);
        // No shorter than a torn pair makes necessary.
        expect(sent.length).toBeGreaterThanOrEqual(Math.min(whole.length, length) - 1);
      }),
    );
  });
});

describe('reading back', () => {
  const rows: ReadRow[] = [
    { to: 'amount', from: 'Amount', optional: false },
    { to: 'stage', from: 'StageName', optional: false },
  ];

  it('tells a cleared field (null) from one that was not read (absent)', () => {
    expect(readBack(rows, { Amount: null, Other: 1 })).toEqual({ amount: null });
    expect(readBack(rows, { Amount: '5.00', StageName: 'Won' })).toEqual({ amount: '5.00', stage: 'Won' });
  });
});

/** A double as a plain decimal, without an exponent. */
function plain(value: number): string {
  // As JSON carries it; toFixed would show what a double makes of it beyond its own digits.
  return canonical(String(value));
}

function canonical(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const digits = whole.replace(/^0+(?=\d)/, '');
  const places = fraction.replace(/0+$/, '');
  const text = places === '' ? digits : `${digits}.${places}`;
  return decimal.startsWith('-') && text !== '0' ? `-${text}` : text;
}
