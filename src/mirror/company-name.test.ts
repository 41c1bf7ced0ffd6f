import { describe, expect, it } from '@jest/globals';
import { nameForms, nameLikeness, spellingsOf } from './company-name.ts';

function same(one: string, other: string): boolean {
  const forms = nameForms(one);
  return [...nameForms(other)].some((form) => forms.has(form));
}

describe('names of companies', () => {
  it.each([
    ['Acme, Inc.', 'ACME Corporation'],
    ['The Acme Company', 'acme'],
    ['Gekko & Co', 'Gekko and Co.'],
    ['Müller GmbH & Co. KG', 'Mueller GmbH'],
    ['Müller GmbH', 'Muller'],
    ["L'Oréal S.A.", 'LOREAL SA'],
    ['Xx-holding', 'XX Holding Ltd'],
    ['Novo Nordisk A/S', 'Novo Nordisk'],
    ['Kowalski Sp. z o.o.', 'KOWALSKI'],
    ['PT Astra International Tbk', 'Astra Intl'],
    ['Weiß AG', 'Weiss'],
    ['Sunnam plex', 'Sunnamplex'],
  ])('%s is %s', (one, other) => expect(same(one, other)).toBe(true));

  it.each([
    ['Acme North', 'Acme South'],
    ['Acme', 'Acme Holding'],
    ['SAS Institute', 'Institute'],
    ['Special K', 'Special'],
    ['Y-corporation', 'Z-corporation'],
    ['日本 商事', '日本 商社'],
    ['+++', '---'],
  ])('%s is not %s', (one, other) => expect(same(one, other)).toBe(false));

  it('keeps something of every name', () => {
    for (const name of ['The Company Ltd', 'AG', 'Co.', '&', '!!!', 'de', 'Inc'])
      expect(nameForms(name).size).toBeGreaterThan(0);
  });

  it('calls a typing error similar, and another word not', () => {
    expect(nameLikeness('Umbrella Corp', 'Umbrela Corporation')).toBeGreaterThan(0.8);
    expect(nameLikeness('Acme North', 'Acme South')).toBeLessThan(0.8);
  });

  it('are asked for in few spellings, those of the country first', () => {
    expect(spellingsOf('The Müller & Söhne GmbH', 'Germany')).toEqual(
      expect.arrayContaining([
        'The Müller & Söhne GmbH',
        'Müller & Söhne',
        'Mueller & Soehne',
        'Muller & Sohne',
        'Müller & Söhne AG',
      ]),
    );
    expect(spellingsOf('Acme', 'United States')).toEqual(
      expect.arrayContaining(['Acme Inc.', 'Acme, Inc.', 'The Acme']),
    );
    for (const name of ['Acme', 'A very long name of a company & its sons', '+++'])
      expect(spellingsOf(name, null).length).toBeLessThanOrEqual(20);
  });
});
