import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accountKey, companyDomain, contactKey, normaliseCompanyName } from './reference-keys.ts';

function named(name: string, country: string | null = null): string {
  return accountKey({ name, domain: null, country });
}

describe('the key of a company', () => {
  it('is its registrable domain, however the address was written', () => {
    for (const domain of [
      'acme.co.uk',
      'www.acme.co.uk',
      'https://shop.Acme.co.uk/a?b',
      ' ACME.CO.UK ',
      'jo@acme.co.uk',
    ]) {
      expect(accountKey({ name: 'whatever', domain, country: null })).toBe('domain:acme.co.uk');
    }
  });

  it('is its name where the domain says nothing of the company', () => {
    for (const domain of [null, '', 'gmail.com', 'localhost', '192.168.1.1', 'not a domain']) {
      expect(accountKey({ name: 'Acme', domain, country: 'DE' })).toBe('name:acme|de');
    }
  });

  it('keeps companies apart that are only guests of the same host', () => {
    expect(companyDomain('one.github.io')).not.toBe(companyDomain('two.github.io'));
    expect(companyDomain('one.myshopify.com')).not.toBe(companyDomain('two.myshopify.com'));
  });

  it('is the same for spellings of one name', () => {
    for (const name of ['Acme', 'ACME Inc.', 'Acme, Inc', ' acme   corporation', 'Ácme LLC', 'Acme GmbH'])
      expect(named(name)).toBe('name:acme');
  });

  it('keeps a name that is nothing but a legal form', () => {
    expect(named('The Limited')).toBe('name:the');
    expect(named('Company')).toBe('name:company');
  });

  it('differs by country, because names repeat across borders', () => {
    expect(named('Acme', 'DE')).not.toBe(named('Acme', 'FR'));
  });

  it('keeps apart names that differ by the marks of their script', () => {
    const pairs = [
      ['ガス', 'カス'],
      ['バス', 'パス'],
      ['कमल', 'कमला'],
      ['กิน', 'กัน'],
    ] as const;
    for (const [one, other] of pairs) expect(named(one)).not.toBe(named(other));
  });

  it('keeps apart names without a single letter', () => {
    expect(named('+++')).not.toBe(named('***'));
    expect(named('!')).not.toBe('name:');
  });

  it('is well formed, fits a CRM key field, and is stable', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.option(fc.constantFrom('DE', 'US')),
        (name, country) => {
          const key = named(name, country);
          expect(key.length).toBeLessThanOrEqual(255);
          expect(key.isWellFormed()).toBe(true);
          expect(normaliseCompanyName(normaliseCompanyName(name))).toBe(normaliseCompanyName(name));
        },
      ),
    );
  });

  it('keeps long names apart that begin alike', () => {
    const beginning = 'x'.repeat(300);
    expect(named(`${beginning}a`)).not.toBe(named(`${beginning}b`));
  });
});

describe('the key of a contact', () => {
  it('is the e-mail address in lower case', () => {
    expect(contactKey(' Jo.Smith@Acme.COM ')).toBe('jo.smith@acme.com');
  });

  it('is none where there is no address', () => {
    for (const email of [null, '', '   ']) expect(contactKey(email)).toBeNull();
  });
});
