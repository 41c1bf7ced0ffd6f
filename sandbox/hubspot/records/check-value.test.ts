import { describe, expect, it } from '@jest/globals';
import { defineProperty, optionsOf, type PropertySpec } from '../portal/property.ts';
import { checkValue } from './check-value.ts';

function check(spec: Omit<PropertySpec, 'name'>, value: string): string {
  const result = checkValue(defineProperty({ name: 'p', ...spec }, ''), value);
  return 'value' in result ? result.value : result.fault.error;
}

describe('property values', () => {
  it('of type number are plain decimals', () => {
    const cases = {
      '12': '12',
      '-0.50': '-0.50',
      '1e3': 'INVALID_INTEGER',
      '1,5': 'INVALID_INTEGER',
      '.5': 'INVALID_INTEGER',
    };
    for (const [value, wanted] of Object.entries(cases))
      expect(check({ type: 'number' }, value)).toBe(wanted);
    expect(check({ type: 'number' }, '12 ')).toBe('LEADING_TRAILING_WHITESPACE');
  });

  it('of type date are calendar days or midnights in UTC, kept as days', () => {
    expect(check({ type: 'date' }, '2026-02-28')).toBe('2026-02-28');
    expect(check({ type: 'date' }, String(Date.UTC(2026, 1, 28)))).toBe('2026-02-28');
    expect(check({ type: 'date' }, '2026-02-28T00:00:00Z')).toBe('2026-02-28');
    expect(check({ type: 'date' }, '2026-02-28T10:00:00Z')).toBe('INVALID_DATE');
    expect(check({ type: 'date' }, '2026-02-29')).toBe('INVALID_DATE');
    expect(check({ type: 'date' }, '28.02.2026')).toBe('INVALID_DATE');
  });

  it('of type datetime are instants, kept in UTC with milliseconds', () => {
    expect(check({ type: 'datetime' }, '2026-02-28T10:00:00+02:00')).toBe('2026-02-28T08:00:00.000Z');
    expect(check({ type: 'datetime' }, '2026-02-28')).toBe('2026-02-28T00:00:00.000Z');
    expect(check({ type: 'datetime' }, '2026-02-28T10:00:00')).toBe('INVALID_LONG');
    expect(check({ type: 'datetime' }, 'tomorrow')).toBe('INVALID_LONG');
  });

  it('of type enumeration are options, several of them only in checkboxes', () => {
    const spec = { type: 'enumeration' as const, options: optionsOf(['a', 'b']) };
    expect(check(spec, 'a')).toBe('a');
    expect(check(spec, 'a;b')).toBe('INVALID_OPTION');
    expect(check({ ...spec, fieldType: 'checkbox' }, 'a;b')).toBe('a;b');
    expect(check(spec, '')).toBe('');
  });

  it('of type string have a longest length', () => {
    expect(check({ type: 'string' }, ' kept as it is ')).toBe(' kept as it is ');
    expect(check({ type: 'string' }, 'x'.repeat(65_537))).toBe('PROPERTY_VALUE_TOO_LONG');
  });
});
