import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addMoney, exponentOf, formatDecimal, parseMoney, subtractMoney } from './money.ts';

describe('money', () => {
  it.each([
    ['1234.50', 'EUR', 123450n],
    ['-0.07', 'USD', -7n],
    ['0', 'EUR', 0n],
    ['100.0000', 'EUR', 10000n],
    ['500', 'JPY', 500n],
    ['1.234', 'KWD', 1234n],
    ['1.5', 'IQD', 1500n],
    ['90071992547409930.99', 'EUR', 9007199254740993099n],
  ])('reads %s %s exactly', (decimal, currency, minor) => {
    expect(parseMoney(decimal, currency)).toEqual({ minor, currency });
  });

  it.each([
    ['1.005', 'EUR', '"1.005" has 3 decimals, EUR has 2'],
    ['500.5', 'JPY', '"500.5" has 1 decimals, JPY has none'],
    ['1,234.50', 'EUR', '"1,234.50" is not a decimal number'],
    ['1e3', 'EUR', 'is not a decimal number'],
    ['', 'EUR', 'is not a decimal number'],
    ['.5', 'EUR', 'is not a decimal number'],
    ['١٢', 'EUR', 'is not a decimal number'],
    ['NaN', 'EUR', 'is not a decimal number'],
    ['1', 'eur', '"eur" is not an ISO 4217 currency code'],
    ['1', 'ZZZ', '"ZZZ" is not an ISO 4217 currency code'],
  ])('rejects "%s" %s by name', (decimal, currency, message) => {
    expect(() => parseMoney(decimal, currency)).toThrow(message);
  });

  it('knows the exponents of ISO 4217, not those of cash in a locale', () => {
    const wanted = { EUR: 2, HUF: 2, JPY: 0, UGX: 0, IQD: 3, BHD: 3, CLF: 4 };
    const found = Object.fromEntries(Object.keys(wanted).map((code) => [code, exponentOf(code)]));
    expect(found).toEqual(wanted);
  });

  it('gives back what it read, for every amount', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'),
        (minor, currency) => {
          expect(parseMoney(formatDecimal({ minor, currency }), currency)).toEqual({ minor, currency });
        },
      ),
    );
  });

  it('refuses what the database cannot hold in minor units', () => {
    expect(() => parseMoney('92233720368547758.08', 'EUR')).toThrow(/more than can be stored/);
    expect(parseMoney('92233720368547758.07', 'EUR').minor).toBe(2n ** 63n - 1n);
    expect(() => parseMoney('-92233720368547758.09', 'EUR')).toThrow(/more than can be stored/);
    expect(parseMoney('-92233720368547758.08', 'EUR').minor).toBe(-(2n ** 63n));
  });

  it('adds and subtracts within a currency and refuses across two', () => {
    const a = parseMoney('0.10', 'EUR');
    const b = parseMoney('0.20', 'EUR');
    expect(formatDecimal(addMoney(a, b))).toBe('0.30');
    expect(formatDecimal(subtractMoney(a, b))).toBe('-0.10');
    expect(() => addMoney(a, parseMoney('1', 'JPY'))).toThrow('EUR and JPY');
    expect(() => subtractMoney(a, parseMoney('1', 'JPY'))).toThrow('EUR and JPY');
  });
});
