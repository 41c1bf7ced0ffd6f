import { domainToASCII } from 'node:url';
import { getDomain } from 'tldts';
import { z } from 'zod';
import { exponentOf } from '../platform/money.ts';
import { countryName } from '../platform/country-names.ts';

/** Long enough for an Idempotency-Key that stands in for a ref. */
export const MOST_REF = 260;

/** What a person typed: surrounding white space says nothing. */
function text(longest: number): z.ZodType<string, string> {
  return z
    .string({ error: (issue) => (issue.input === undefined ? 'is required' : 'must be a text') })
    .trim()
    .min(1, 'must not be empty')
    .max(longest, `must not be longer than ${longest} characters`);
}

const Domain = z
  .string('must be a text')
  .max(255, 'must not be longer than 255 characters')
  .transform((raw, context) => {
    const domain = registrableDomain(raw);
    if (domain !== null) return domain;
    context.addIssue({
      code: 'custom',
      message: 'is not a domain name registered under a public suffix, such as acme.com',
    });
    return z.NEVER;
  });

const Country = z.string('must be a text').transform((raw, context) => {
  const name = countryName(raw);
  if (name !== undefined) return name;
  context.addIssue({
    code: 'custom',
    message: 'is neither an ISO 3166 country code nor an English country name',
  });
  return z.NEVER;
});

const Day = z.iso
  .date('is not a date of the form YYYY-MM-DD')
  .refine((day) => day >= '1990-01-01' && day < '2200-01-01', 'lies outside 1990 to 2199');

const Currency = z
  .string({ error: (issue) => (issue.input === undefined ? 'is required' : 'must be a text') })
  .refine(isCurrency, 'is not an ISO 4217 currency code in capitals');

const Amount = z
  .string('must be a decimal written as a text, such as "1234.50"')
  .refine(isPlainDecimal, 'must be a plain decimal of at most 15 digits before the point, such as "1234.50"')
  .refine((amount) => /[1-9]/.test(amount), 'must be more than zero; leave it out when it is not known');

const Price = z
  .string('must be a decimal written as a text, such as "1234.50"')
  .refine(isPlainDecimal, 'must be a plain decimal of at most 15 digits before the point, such as "1234.50"');

export const Company = z.strictObject({
  name: text(255),
  domain: Domain.nullish(),
  country: Country.nullish(),
  sector: text(100).nullish(),
});

export const Contact = z.strictObject({
  firstName: text(80).nullish(),
  lastName: text(80),
  email: z
    .string({ error: (issue) => (issue.input === undefined ? 'is required' : 'must be a text') })
    .trim()
    .max(254, 'must not be longer than 254 characters')
    .pipe(z.email('is not an e-mail address')),
  phone: text(40).nullish(),
});

export const Product = z.strictObject({
  name: text(255),
  code: text(255).nullish().describe('the product code of the price list'),
  quantity: z
    .int('must be a whole number')
    .positive('must be more than zero')
    .max(1_000_000, 'is too large')
    .default(1),
  unitPrice: Price.nullish().describe(
    'decimal text with at most the decimals of the currency; absent = the list price',
  ),
});

const registrationFields = {
  ref: text(MOST_REF).describe(
    'the id of this registration in the system it comes from; the same id again is the same deal',
  ),
  version: z
    .int('must be a whole number')
    .nonnegative('must not be negative')
    .nullish()
    .describe("the sender's version of the registration: an older one after a newer one is ignored"),
  partner: text(64).describe('the key of a known partner'),
  name: text(255).nullish().describe('default: the company and its products'),
  company: Company.nullish().describe(
    'may be left out where the customer is a person: the contact, who has a first and a last name then',
  ),
  contact: Contact.nullish(),
  products: z.array(Product, 'must be a list').max(100, 'must not hold more than 100 products').default([]),
  amount: Amount.nullish().describe(
    'decimal text with at most the decimals of the currency; absent = not known',
  ),
  currency: Currency.describe('ISO 4217'),
  expectedCloseDate: Day.nullish().describe('default: 90 days after the registration'),
};

/** A deal registration as a partner programme sends it. Unknown names are refused: a typo must not lose a value. */
export const Registration = z.strictObject(registrationFields);

/** What only an import may say besides: when the deal was really registered, and where it stood. */
export const ImportedRegistration = z.strictObject({
  ...registrationFields,
  registeredOn: Day.nullish(),
  stage: text(100).nullish(),
});
export type ImportedRegistration = z.infer<typeof ImportedRegistration>;

/** "https://www.Acme.co.uk/about" and "jo@acme.co.uk" → "acme.co.uk"; null when there is no registrable domain. */
export function registrableDomain(raw: string): string | null {
  const domain = getDomain(raw.trim().toLowerCase(), { allowPrivateDomains: true, validateHostname: true });
  const ascii = domain === null ? '' : domainToASCII(domain);
  return ascii === '' || !/\.[a-z0-9-]*[a-z][a-z0-9-]*$/.test(ascii) ? null : ascii;
}

export function isCurrency(code: string): boolean {
  try {
    exponentOf(code);
    return true;
  } catch {
    return false;
  }
}

/** 15 digits before the decimal point keep every currency's minor units inside 64 bits. */
export function isPlainDecimal(text: string): boolean {
  return /^\d{1,15}(\.\d{1,10})?$/.test(text);
}
