import { describe, expect, it } from '@jest/globals';
import type { FieldValue } from '../crm/connector.ts';
import { sameValue } from './same-value.ts';

describe('the same value in another form', () => {
  it.each<[string, FieldValue, FieldValue]>([
    ['a decimal text as a number', '5000.00', 5000],
    ['a number as a text', 12.5, '12.50'],
    ['a small number', '0.000001', 1e-6],
    ['a negative zero', '-0.00', 0],
    ['a boolean as a text', true, 'true'],
    ['nothing as an empty text', null, ''],
    ['a text without the blanks around it', ' Acme ', 'Acme'],
    ['line ends', 'a\r\nb', 'a\nb'],
    ['an instant in another notation', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000+0000'],
    ['a day as noon of it', '2026-03-01', '2026-03-01T12:00:00.000Z'],
    ['an id with its check characters', '001xx000003DGb2', '001xx000003DGb2AAG'],
  ])('is no change: %s', (_name, sent, found) => {
    expect(sameValue(sent, found)).toBe(true);
    expect(sameValue(found, sent)).toBe(true);
  });

  it.each<[string, FieldValue, FieldValue]>([
    ['a cent', '5000.00', '5000.01'],
    ['a leading zero', '007', '7'],
    ['a letter', 'Acme', 'acme'],
    ['nothing for a zero', null, 0],
    ['nothing for false', null, false],
    ['the next day', '2026-03-01', '2026-03-02T00:00:00.000Z'],
    ['another id', '001xx000003DGb2', '001xx000003DGb3AAG'],
    ['a name that begins with the other', 'Acme Trading Ltd', 'Acme Trading Ltd. Co'],
  ])('differs by %s', (_name, sent, found) => {
    expect(sameValue(sent, found)).toBe(false);
  });
});
